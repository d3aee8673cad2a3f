using System.CommandLine;

namespace Pinion.Cli;

/// <summary>The hidden command that the suite's child processes run: whatever happens in one costs one cell.</summary>
internal static class WorkerCommand
{
    public const string Name = "suite-worker";

    public static Command Create()
    {
        var command = new Command(Name, "Does one step of a suite; the suite itself runs this.") { Hidden = true };
        command.SetAction(_ => Run());
        return command;
    }

    /// <summary>This program with that command. Under the dotnet host, its assembly is the first argument.</summary>
    public static SuiteWorkerCommand OfThisProgram(params string[] arguments)
    {
        string program = Environment.ProcessPath ?? throw new WorkException("the path of this program is not known, so that no child process can be started.");
        bool hosted = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return new SuiteWorkerCommand(program, hosted ? [Environment.GetCommandLineArgs()[0], .. arguments] : arguments);
    }

    private static int Run()
    {
        try
        {
            return SuiteWorker.Run(Console.In, e => ErrorReport.Describe(e).Message) ? ExitCode.Done : ExitCode.Failed;
        }
        catch (BenchmarkException)
        {
            Console.Error.WriteLine($"error: {Name} is run by pinion suite; it expects a request on standard input.");
            return ExitCode.Usage;
        }
    }
}
