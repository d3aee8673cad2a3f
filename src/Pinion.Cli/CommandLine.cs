using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace Pinion.Cli;

/// <summary>The command tree, and what happens to a command line that does not fit it.</summary>
internal static class CommandLine
{
    /// <summary>By name, in the order of the help.</summary>
    internal static readonly (string Name, Func<Command> Create)[] Commands =
    [
        ("doctor", DoctorCommand.Create),
        ("targets", TargetsCommand.Create),
        ("build", BuildCommand.Create),
        ("cache", CacheCommand.Create),
        ("convert", ConvertCommand.Create),
        ("verify", VerifyCommand.Create),
        ("inspect", InspectCommand.Create),
        ("diff", PlanDiffCommand.Create),
        ("preprocess", PreprocessCommand.Create),
        ("run", RunCommand.Create),
        ("bench", BenchCommand.Create),
        ("serve", ServeCommand.Create),
        ("zoo", ZooCommand.Create),
        ("suite", SuiteCommand.Create),
        ("export", ExportCommand.Create),
        ("gpu-check", GpuCheckCommand.Create),
    ];

    public static int Run(string[] args)
    {
        try
        {
            RootCommand root = Create(args.Length > 0 && Commands.Any(c => c.Name == args[0]) ? args[0] : null);
            // Tensor names may begin with @ or be joined to a letter: neither response files nor bundled letters.
            ParseResult result = root.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
            if (result.Action is ParseErrorAction || UnknownOption(result) is not null)
            {
                return Refuse(result, args.Contains("--json"));
            }

            return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception e)
        {
            return ErrorReport.Print(e, json: false);
        }
    }

    /// <param name="only">The one command to make, as the others take time to make; null: all.</param>
    internal static RootCommand Create(string? only = null)
    {
        var root = new RootCommand("Builds TensorRT engines from ONNX models, runs them, measures them and serves them.") { HelpName = "pinion" };
        foreach ((string name, Func<Command> create) in Commands.Where(c => only is null || c.Name == only))
        {
            root.Add(create());
        }

        if (only is null)
        {
            AddUnlisted(root);
        }

        foreach (Option option in root.Options)
        {
            if (option is HelpOption help && help.Action is SynchronousCommandLineAction inner)
            {
                help.Description = "Show help and examples.";
                help.Action = new HelpWithExamples(inner);
            }
            else if (option is VersionOption version)
            {
                version.Description = "Show the version.";
            }
        }

        return root;
    }

    private static void AddUnlisted(RootCommand root)
    {
        root.Add(WorkerCommand.Create());
        root.Add(GpuCheckPartCommand.Create());
        // Only for the list: its own flags are not this parser's, and Program sends it on before this tree exists.
        root.Add(new Command("trtexec", "Takes trtexec's own flags and prints what trtexec prints (pinion trtexec --help)."));
    }

    private static int Refuse(ParseResult result, bool json)
    {
        string command = string.Join(' ', Path(result.CommandResult).Prepend("pinion"));
        string message = string.Join(" ", result.Errors.Select(e => InWords(e.Message)).Distinct().Select(m => m.EndsWith('.') ? m : m + "."));
        string? wrong = UnknownOption(result);
        if (wrong is not null)
        {
            message = $"There is no option {wrong}.";
        }

        wrong ??= result.UnmatchedTokens.Count > 0 ? result.UnmatchedTokens[0] : null;
        if (wrong is not null)
        {
            Command at = result.CommandResult.Command;
            string? nearest = NearestName.Find(wrong, at.Options.Select(o => o.Name).Concat(at.Subcommands.Select(c => c.Name)));
            message += nearest is null ? "" : $" Did you mean {nearest}?";
        }

        return ErrorReport.Print(new UsageException($"{message} See '{command} --help'."), json);
    }

    /// <summary>The parser names the types of its own language; users need the range.</summary>
    private static string InWords(string message)
    {
        int type = message.IndexOf(" as expected type '", StringComparison.Ordinal);
        string? range = type < 0 ? null : message[(message.IndexOf('\'', type) + 1)..].TrimEnd('.', '\'') switch
        {
            "System.Int32" => "a whole number from -2147483648 to 2147483647",
            "System.UInt64" => "a whole number from 0 to 18446744073709551615",
            "System.Double" => "a number",
            _ => null,
        };
        return range is null ? message : $"{message[..type]}; write {range}.";
    }

    /// <summary>An option that does not exist passes for a file name with this parser; no file name here begins with two dashes.</summary>
    private static string? UnknownOption(ParseResult result)
    {
        foreach (Token token in result.Tokens)
        {
            if (token.Type == TokenType.DoubleDash)
            {
                return null;
            }

            if (token.Type == TokenType.Argument && token.Value.StartsWith("--", StringComparison.Ordinal))
            {
                return token.Value.Split('=')[0];
            }
        }

        return null;
    }

    private static IEnumerable<string> Path(CommandResult command)
    {
        return command.Command is RootCommand ? [] : [.. command.Parent is CommandResult parent ? Path(parent) : [], command.Command.Name];
    }

    /// <summary>Prints the usual help and then the command's examples.</summary>
    private sealed class HelpWithExamples(SynchronousCommandLineAction inner) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            int result = inner.Invoke(parseResult);
            string examples = CommandSetup.Examples(parseResult.CommandResult.Command);
            if (examples.Length > 0)
            {
                parseResult.InvocationConfiguration.Output.WriteLine($"Examples:\n{examples}");
            }

            return result;
        }
    }
}
