using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Pinion.Fp16;
using Pinion.Onnx;

namespace Pinion.Cli;

/// <summary><c>pinion convert</c>: a model becomes FP16 in its types.</summary>
internal static class ConvertCommand
{
    /// <summary>Kept nodes that are shown; --explain has all.</summary>
    private const int ShownNodes = 20;

    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "An ONNX model (.onnx or zoo:NAME)." };
        var fp16 = new Option<bool>("--fp16") { Description = "Convert FP32 to FP16: nodes, weights and what flows between them." };
        var output = new Option<string>("--output", "-o") { Description = "The ONNX file to write; weights beyond 2 GiB go to FILE.data beside it.", HelpName = "FILE", Required = true };
        var halfIo = new Option<bool>("--half-io") { Description = "Make the model's own inputs and outputs FP16 too." };
        var include = new Option<string[]>("--include")
        {
            Description = "Convert only nodes whose name or operator matches, with * and ?; repeat for several.",
            HelpName = "PATTERN",
        };
        var exclude = new Option<string[]>("--exclude")
        {
            Description = "Keep nodes in FP32 whose name or operator matches; repeat for several.",
            HelpName = "PATTERN",
        };
        var explain = new Option<bool>("--explain") { Description = "Print the decision for every node with its reason, as JSON." };
        var recipe = new Option<string>("--recipe")
        {
            Description = "Convert as a recipe says; with --samples, write the recipe there (default: beside the output, .recipe.json).",
            HelpName = "FILE",
        };
        var command = new Command("convert", "Convert a model to FP16, as strongly typed TensorRT networks need it.") { model, fp16, output, halfIo, include, exclude, explain, recipe };
        var guard = new GuardOptionSet();
        guard.AddTo(command);
        command.Complete(
            [
                "pinion convert model.onnx --fp16 -o half.onnx", "pinion convert zoo:TNT_small --fp16 -o t.onnx --explain",
                "pinion convert model.onnx --fp16 -o half.onnx --exclude Softmax --exclude 'encoder/norm*'",
                "pinion convert model.onnx --fp16 --samples inputs -o half.onnx", "pinion convert model.onnx --fp16 --recipe half.recipe.json -o half.onnx",
            ],
            (result, context) =>
            {
                if (!result.GetValue(fp16))
                {
                    throw new UsageException("To what the model is to be converted is not said; --fp16 is what there is.");
                }

                string target = result.GetRequiredValue(output);
                bool isJson = context.Terminal.Json || result.GetValue(explain);
                if (isJson && StandardOutput.Is(target))
                {
                    throw new UsageException($"the decisions are printed to standard output, and so would -o {target} the model be; write to a file.");
                }

                var options = new Fp16Options
                {
                    HalfInputsAndOutputs = result.GetValue(halfIo),
                    Include = result.GetValue(include) ?? [],
                    Exclude = result.GetValue(exclude) ?? [],
                };
                string? samples = guard.Samples(result);
                string? recipePath = result.GetValue(recipe);
                if (recipePath is not null && samples is null && (options.HalfInputsAndOutputs || options.Include.Count + options.Exclude.Count > 0))
                {
                    throw new UsageException("--recipe says what becomes FP16; leave --half-io, --include and --exclude out, or measure anew with --samples.");
                }

                if (samples is not null && StandardOutput.Is(target))
                {
                    throw new UsageException($"--samples writes a recipe beside the model, and -o {target} is no file; name one.");
                }

                return Run(
                    context, result.GetRequiredValue(model), target, isJson, result.GetValue(explain),
                    samples is null
                        ? (path, line) => (Fp16Converter.Convert(path, target, recipePath is null ? options : Recipe(recipePath, path, context.Token), new Percent(line), context.Token), null)
                        : (path, line) => Guard(guard, result, path, target, samples, guard.Read(result, options, recipePath), line, context.Token));
            });
        return command;
    }

    private static Fp16Options Recipe(string recipe, string model, CancellationToken token)
    {
        Files.RequireFile(recipe);
        var read = Fp16Recipe.Read(recipe);
        read.CheckIsFor(recipe, model, token);
        return read.ToOptions();
    }

    private static (Fp16Report Report, GuardReport Guard) Guard(
        GuardOptionSet set, ParseResult result, string path, string target, string samples, GuardOptions options, ProgressLine line, CancellationToken token)
    {
        GuardSamples opened = set.Open(result, samples, EngineBuilder.DescribeModel(path).Inputs);
        GuardReport report = Fp16Guard.Run(path, target, opened, options, new Step(line), token);
        return report.Conversion is { } conversion ? (conversion, report) : throw new WorkException(GuardText.Refusal(report));
    }

    private static int Run(
        CommandContext context, string name, string target, bool isJson, bool explain, Func<string, ProgressLine, (Fp16Report Report, GuardReport? Guard)> convert)
    {
        var watch = Stopwatch.StartNew();
        using var model = ModelFile.Open(name, context.Terminal.Note, context.Token);
        Fp16Report report;
        GuardReport? guard;
        long before;
        using (ProgressLine progress = context.Terminal.StartProgress($"converting {name}"))
        {
            try
            {
                before = OnnxExternalData.Find(model.Path).Append(model.Path).Sum(f => new FileInfo(f).Length);
                (report, guard) = model.Use(path => convert(path, progress));
            }
            catch (InvalidDataException e)
            {
                throw new WorkException($"{e.Message.Replace(model.Path, name, StringComparison.Ordinal)}.", e);
            }
        }

        var document = new ConvertDocument(
            name, target, report.DataFile, before, report.Bytes, report.Count(NodePrecision.Fp16), report.Count(NodePrecision.Fp32), report.Count(NodePrecision.Unchanged),
            report.Casts, report.RemovedCasts, report.Weights, watch.Elapsed.TotalSeconds,
            explain ? [.. report.Decisions.Select(d => new DecisionFacts(d.Node, d.Operator, Text(d.Precision), d.Reason))] : null, guard?.Recipe,
            guard is null ? null : GuardText.Facts(guard, explain));
        if (isJson)
        {
            JsonOutput.Print(document, JsonForms.Default.ConvertDocument);
            return ExitCode.Done;
        }

        Show(context.Terminal, document, report);
        if (guard is null)
        {
            context.Terminal.Note("what FP16 does to the results was not measured; --samples DIR measures it, and keeps in FP32 what must be.");
        }
        else
        {
            GuardText.Show(context.Terminal, guard);
        }

        return ExitCode.Done;
    }

    private static void Show(Terminal terminal, ConvertDocument document, Fp16Report report)
    {
        terminal.SayOf(document.Output, string.Create(
            CultureInfo.InvariantCulture,
            $"{document.Output}: {document.SizeBytes:N0} bytes of {document.ModelSizeBytes:N0}, {Counted.Of(document.Fp16Nodes, "node")} in FP16, {document.Fp32Nodes} kept in FP32, "
            + $"{Counted.Of(document.Casts, "cast")} put in, {document.Seconds:F1} s"));
        Fp16Decision[] kept = [.. report.Decisions.Where(d => d.Precision == NodePrecision.Fp32)];
        if (kept.Length == 0 || StandardOutput.Is(document.Output))
        {
            return;
        }

        var table = new FactTable(keys: 1, "kept in FP32", "operator", "reason");
        foreach (Fp16Decision decision in kept.Take(ShownNodes))
        {
            table.Row(decision.Node, decision.Operator, decision.Reason);
        }

        terminal.Show(table);
        if (kept.Length > ShownNodes)
        {
            terminal.Say($"and {kept.Length - ShownNodes} more; --explain prints all.");
        }
    }

    private static string Text(NodePrecision precision) => precision switch
    {
        NodePrecision.Fp16 => "fp16",
        NodePrecision.Fp32 => "fp32",
        _ => "unchanged",
    };

    private sealed class Percent(ProgressLine line) : IProgress<double>
    {
        public void Report(double value) => line.Show(string.Create(CultureInfo.InvariantCulture, $"{value:P0}"));
    }

    private sealed class Step(ProgressLine line) : IProgress<GuardProgress>
    {
        public void Report(GuardProgress value) => line.Show(GuardLine.Text(value));
    }
}
