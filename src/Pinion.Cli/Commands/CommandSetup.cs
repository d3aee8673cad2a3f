using System.CommandLine;
using System.Runtime.CompilerServices;

namespace Pinion.Cli;

/// <summary>What all commands have in common: --json, --verbose, examples, and the firewall around their work.</summary>
internal static class CommandSetup
{
    private static readonly ConditionalWeakTable<Command, string> ExampleTexts = [];

    public static string Examples(Command command) => ExampleTexts.TryGetValue(command, out string? text) ? text : "";

    /// <summary>Adds the common options, the examples (one a line) and the work; what the work throws becomes message and exit code.</summary>
    public static void Complete(this Command command, string[] examples, Func<ParseResult, CommandContext, int> work)
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON document to standard output and nothing else; all other words go to standard error." };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Show TensorRT's whole log on standard error." };
        command.Add(json);
        command.Add(verbose);
        ExampleTexts.Add(command, string.Join('\n', examples.Select(e => "  " + e)) + "\n");
        command.SetAction(result => Guarded(result.GetValue(json), result.GetValue(verbose), context => work(result, context)));
    }

    public static int Guarded(bool json, bool verbose, Func<CommandContext, int> work)
    {
        using var interrupt = new Interrupt();
        try
        {
            return work(new CommandContext(new Terminal(json, verbose), interrupt));
        }
        catch (Exception e)
        {
            return ErrorReport.Print(e, json);
        }
    }
}
