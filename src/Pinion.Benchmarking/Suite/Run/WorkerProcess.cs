using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Pinion.Benchmarking;

/// <summary>Runs one request in a child process, which may crash, hang or run out of memory.</summary>
internal sealed class WorkerProcess(SuiteWorkerCommand command, string answers, ISuiteProgress progress) : IWorker
{
    private const int SignalBase = 128;
    private const int Kill = 9;
    private const int LastLines = 6;
    private int _count;

    /// <exception cref="BenchmarkException">The program cannot be started.</exception>
    /// <inheritdoc/>
    public WorkerAnswer Run(WorkerRequest request, TimeSpan limit, CancellationToken token, params (string Name, string Value)[] environment)
    {
        string file = Path.Combine(answers, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{_count++}.json"));
        try
        {
            return Run(request with { AnswerFile = file }, file, limit, environment, token);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private WorkerAnswer Run(WorkerRequest request, string file, TimeSpan limit, (string Name, string Value)[] environment, CancellationToken token)
    {
        if (limit <= TimeSpan.Zero)
        {
            return WorkerAnswer.NoTimeLeft;
        }

        long killsBefore = SystemKills();
        var tail = new Queue<string>();
        using Process process = Start(environment);
        process.ErrorDataReceived += (_, line) => Keep(tail, line.Data);
        process.OutputDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        using var time = CancellationTokenSource.CreateLinkedTokenSource(token);
        time.CancelAfter(limit);
        try
        {
            Send(process, request);
            process.WaitForExitAsync(time.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            token.ThrowIfCancellationRequested();
            return WorkerAnswer.EndedAt(limit);
        }

        token.ThrowIfCancellationRequested();
        return Read(file) ?? Died(process.ExitCode, SystemKills() > killsBefore, tail);
    }

    private Process Start((string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(command.Program, command.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new BenchmarkException($"{command.Program} cannot be started as a child process: {e.Message}", e);
        }
    }

    /// <summary>Standard input stays open: the child takes its end for the suite's.</summary>
    private static void Send(Process process, WorkerRequest request)
    {
        try
        {
            process.StandardInput.WriteLine(JsonSerializer.Serialize(request, WorkerForms.Default.WorkerRequest));
            process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It is gone already; its exit code says how.
        }
    }

    private static WorkerAnswer? Read(string file)
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllBytes(file), WorkerForms.Default.WorkerAnswer) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static WorkerAnswer Died(int exitCode, bool systemKilled, Queue<string> tail)
    {
        string last;
        lock (tail)
        {
            last = string.Join(" / ", tail);
        }

        int signal = exitCode > SignalBase ? exitCode - SignalBase : 0;
        bool memory = (signal == Kill && systemKilled) || last.Contains("Out of memory", StringComparison.OrdinalIgnoreCase) || last.Contains("bad_alloc", StringComparison.Ordinal);
        string how = signal == 0
            ? string.Create(CultureInfo.InvariantCulture, $"its process ended with exit code {exitCode} and no answer")
            : string.Create(CultureInfo.InvariantCulture, $"its process was ended by signal {signal}{(SignalName(signal) is { } name ? $" ({name})" : "")}");
        string why = memory ? ", as memory ran out" : "";
        return new WorkerAnswer(memory ? CellStatus.OutOfMemory : CellStatus.Crashed, $"{how}{why}{(last.Length == 0 ? "." : $": {last}")}");
    }

    private static string? SignalName(int signal) => signal switch
    {
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        Kill => "SIGKILL",
        11 => "SIGSEGV",
        15 => "SIGTERM",
        _ => null,
    };

    /// <summary>Processes that Linux has ended because memory ran out, ever.</summary>
    private static long SystemKills()
    {
        const string Counter = "oom_kill ";
        try
        {
            string? line = OperatingSystem.IsLinux() ? File.ReadLines("/proc/vmstat").FirstOrDefault(l => l.StartsWith(Counter, StringComparison.Ordinal)) : null;
            return line is null ? 0 : long.Parse(line.AsSpan(Counter.Length), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return 0;
        }
    }

    private void Keep(Queue<string> tail, string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        progress.Output(line);
        lock (tail)
        {
            tail.Enqueue(line.Trim());
            if (tail.Count > LastLines)
            {
                tail.Dequeue();
            }
        }
    }
}
