using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Pinion.Benchmarking;

/// <summary>The other end of <see cref="SuiteOptions.Worker"/>: what a worker program does.</summary>
public static class SuiteWorker
{
    /// <summary>
    /// Does the one step that a suite asks for, and leaves its answer where the suite looks for it. For the main thread of a process
    /// that does nothing else: it ignores Ctrl-C, asks to be the first that the system ends where memory runs out, and ends itself when
    /// the suite goes.
    /// </summary>
    /// <param name="input">Standard input.</param>
    /// <param name="describe">Says what went wrong in a step; null takes the exception's message.</param>
    /// <returns>Whether the step was done.</returns>
    /// <exception cref="BenchmarkException">There is no request on standard input: no suite has started this.</exception>
    /// <exception cref="IOException">The answer cannot be written.</exception>
    public static bool Run(TextReader input, Func<Exception, string>? describe = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        // Ctrl-C reaches every process of the terminal; the suite decides what becomes of this one.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        WorkerRequest request = Read(input.ReadLine()) ?? throw new BenchmarkException($"There is no request of a suite on standard input.");
        BeFirstToGo();
        EndWithTheSuite(input);
        WorkerAnswer answer = WorkerSteps.Answer(request, describe ?? (e => e.Message), CancellationToken.None);
        AtomicFile.Write(request.AnswerFile, 0, stream => stream.Write(JsonText.Bytes(answer, WorkerForms.Default.WorkerAnswer)));
        return answer.Status == CellStatus.Measured;
    }

    private static WorkerRequest? Read(string? line)
    {
        try
        {
            return line is null ? null : JsonSerializer.Deserialize(line, WorkerForms.Default.WorkerRequest);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Where the system runs out of memory, it should end this process rather than the suite's.</summary>
    private static void BeFirstToGo()
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                File.WriteAllText("/proc/self/oom_score_adj", "1000");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A wish; the system may refuse it.
        }
    }

    /// <summary>The suite keeps its end of standard input open as long as it lives.</summary>
    private static void EndWithTheSuite(TextReader input)
    {
        var watch = new Thread(() =>
        {
            while (input.ReadLine() is not null)
            {
            }

            Process.GetCurrentProcess().Kill();
        })
        {
            IsBackground = true,
            Name = "Pinion suite's end",
        };
        watch.Start();
    }
}
