using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Pinion.Cli.Suite.Worker;

/// <summary>The hidden command that the suite's child processes run: whatever happens in one costs one cell.</summary>
internal static class WorkerCommand
{
    public const string Name = "suite-cell";

    public static Command Create()
    {
        var command = new Command(Name, "Does one step of a suite; the suite itself runs this.") { Hidden = true };
        command.SetAction(_ => Run(Console.In));
        return command;
    }

    private static int Run(TextReader input)
    {
        // Ctrl-C reaches every process of the terminal; the suite decides what becomes of this one.
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        string? line = input.ReadLine();
        WorkerRequest? request;
        try
        {
            request = line is null ? null : JsonSerializer.Deserialize(line, WorkerForms.Default.WorkerRequest);
        }
        catch (JsonException)
        {
            request = null;
        }
        if (request is null)
        {
            Console.Error.WriteLine($"error: {Name} is run by pinion suite; it expects a request on standard input.");
            return ExitCode.Usage;
        }
        BeFirstToGo();
        EndWithTheSuite(input);
        WorkerAnswer answer = Answer(request);
        OutputFile.Write(request.AnswerFile, JsonOutput.Bytes(answer, WorkerForms.Default.WorkerAnswer));
        return answer.Status == CellStatus.Measured ? ExitCode.Done : ExitCode.Failed;
    }

    private static WorkerAnswer Answer(WorkerRequest request)
    {
        try
        {
            return request switch
            {
                { Probe: { } probe } => new WorkerAnswer(CellStatus.Measured, null, Probe: Prober.Run(probe)),
                { Build: { } build } => new WorkerAnswer(CellStatus.Measured, null, Build: CellBuilder.Run(build)),
                { Reference: { } reference } => CellReference.Run(reference),
                { Measure: { } measure } => new WorkerAnswer(CellStatus.Measured, null, Measure: CellMeasurer.Run(measure)),
                _ => new WorkerAnswer(CellStatus.Failed, "The request asks for nothing."),
            };
        }
        catch (Exception e)
        {
            ErrorFacts facts = ErrorReport.Describe(e);
            bool memory = e is OutOfMemoryException or PinionException { Status: PinionStatus.OutOfMemory or PinionStatus.DeviceOutOfMemory };
            string log = facts.Log is null ? "" : $" TensorRT: {facts.Log.Split('\n')[0]}";
            return new WorkerAnswer(memory ? CellStatus.OutOfMemory : CellStatus.Failed, facts.Message + log);
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
