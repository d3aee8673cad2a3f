using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Pinion.Zoo;

namespace Pinion.Cli;

/// <summary><c>pinion zoo export</c>: networks become ONNX files.</summary>
internal static class ZooExportCommand
{
    private const string DynamicBatch = "dynamic";

    public static Command Create()
    {
        var name = new Argument<string?>("NAME") { Description = "A name of pinion zoo list; or --all.", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = "Export every name, as NAME.onnx in the folder that --output names." };
        var output = new Option<string>("--output", "-o") { Description = "The ONNX file to write; with --all the folder, made if missing.", HelpName = "FILE|DIR", Required = true };
        var seed = new Option<int>("--seed") { Description = "Seed of the made-up weights, which are the same bytes on every machine.", HelpName = "N", DefaultValueFactory = _ => 0 };
        var weights = new Option<string>("--weights") { Description = "PaddleClas' trained weights of this network (default: weights from the seed).", HelpName = "FILE.pdparams" };
        var batch = new Option<string>("--batch") { Description = "Batch size of the input: a number, or dynamic.", HelpName = "N|dynamic", DefaultValueFactory = _ => DynamicBatch };
        var noSoftmax = new Option<bool>("--no-softmax") { Description = "End in the logits instead of the softmax of PaddleClas' exported models." };
        Option<int> opset = OpsetOption();
        var command = new Command("export", "Write a network as an ONNX file.") { name, all, output, seed, weights, batch, noSoftmax, opset };
        command.Complete(
            [
                "pinion zoo export Res2Net50_26w_4s -o r.onnx",
                "pinion zoo export pcpvt_small -o p.onnx --opset 17 --batch 8 --no-softmax",
                "pinion zoo export DPN68 -o dpn68.onnx --weights DPN68_pretrained.pdparams",
                "pinion zoo export --all -o models",
            ],
            (result, context) =>
            {
                if (result.GetValue(all) == (result.GetValue(name) is not null))
                {
                    throw new UsageException("Name one network, or give --all for every one of them.");
                }

                string? file = result.GetValue(weights);
                if (file is not null && result.GetValue(all))
                {
                    throw new UsageException("--weights holds the weights of one network; name it instead of giving --all.");
                }

                if (file is not null && result.GetResult(seed) is { Implicit: false })
                {
                    throw new UsageException("--weights and --seed are two sources of the weights; give one.");
                }

                var options = new ExportOptions
                {
                    Seed = result.GetValue(seed),
                    WeightsFile = file,
                    Batch = ReadBatch(result.GetValue(batch)!),
                    Softmax = !result.GetValue(noSoftmax),
                    Opset = ReadOpset(result.GetValue(opset)),
                };
                string target = result.GetRequiredValue(output);
                CheckFiles(target, file);
                StandardOutput.RefuseJson(context.Terminal, target);
                if (result.GetValue(name) is { } one)
                {
                    return Run(context, [(PlainName(one), target)], options);
                }

                using NewFolder folder = Make(target);
                return Run(context, [.. ZooCatalog.Models.Select(m => (m.Name, Path.Combine(target, m.Name + ".onnx")))], options);
            });
        return command;
    }

    public static Option<int> OpsetOption() => new("--opset")
    {
        Description = "13 for TensorRT 8.0 and later; 17 with LayerNormalization operators, for TensorRT 8.6 and later.",
        HelpName = "13|17",
        DefaultValueFactory = _ => ExportOptions.Opsets[0],
    };

    public static int ReadOpset(int opset) => ExportOptions.Opsets.Contains(opset)
        ? opset
        : throw new UsageException($"--opset {opset} is not written; choose {string.Join(" or ", ExportOptions.Opsets)}.");

    /// <summary>The catalog's name for what the user wrote, with or without zoo: in front.</summary>
    public static string PlainName(string text) => ZooCatalog.Get(ModelFile.WithoutPrefix(text)).Name;

    private static int? ReadBatch(string text)
    {
        if (text == DynamicBatch)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int batch) && batch is >= 1 and <= ExportOptions.MaxBatch
            ? batch
            : throw new UsageException($"--batch '{text}' is no batch size; write a whole number from 1 to {ExportOptions.MaxBatch}, or {DynamicBatch}.");
    }

    private static void CheckFiles(string output, string? weights)
    {
        if (output.Length == 0)
        {
            throw new UsageException("-o is empty; give it the name of a file, with --all of a folder.");
        }

        if (weights?.Length == 0)
        {
            throw new UsageException("--weights is empty; give it the name of a .pdparams file.");
        }

        if (weights is not null && FinalTarget.AreSame(output, weights))
        {
            throw new UsageException($"-o {output} is the file of --weights, which the model would overwrite; name another.");
        }
    }

    private static NewFolder Make(string folder)
    {
        try
        {
            return new NewFolder(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WorkException($"the folder {folder} cannot be made: {AtomicFile.Reason(e)}.", e);
        }
    }

    private static int Run(CommandContext context, List<(string Model, string Path)> files, ExportOptions options)
    {
        var written = new List<ZooFileFacts>();
        foreach ((string model, string path) in files)
        {
            written.Add(Export(context, model, path, options, files.Count > 1 ? $" ({written.Count + 1} of {files.Count})" : ""));
        }

        if (context.Terminal.Json)
        {
            int? seed = options.WeightsFile is null ? options.Seed : null;
            var document = new ZooExportDocument(options.Opset, options.Batch, options.Softmax, seed, options.WeightsFile, written);
            JsonOutput.Print(document, JsonForms.Default.ZooExportDocument);
        }

        return ExitCode.Done;
    }

    private static ZooFileFacts Export(CommandContext context, string model, string path, ExportOptions options, string position)
    {
        var watch = Stopwatch.StartNew();
        ExportResult result;
        using (ProgressLine progress = context.Terminal.StartProgress($"exporting {model}{position}"))
        {
            using ZooExport export = ZooExporter.Prepare(model, options, context.Token);
            using var file = OutputFile.Create(path, export.Length);
            export.Write(file.Stream, new Percent(progress), context.Token);
            file.Commit();
            result = export.Result;
        }

        var facts = new ZooFileFacts(model, path, result.Bytes, result.Tensors, watch.Elapsed.TotalSeconds);
        if (!context.Terminal.Json)
        {
            string weights = options.WeightsFile is { } file ? $"weights of {file}" : $"weights from seed {options.Seed}, not trained";
            context.Terminal.SayOf(path, string.Create(
                CultureInfo.InvariantCulture, $"{path}: {facts.SizeBytes:N0} bytes, {facts.Tensors} tensors, {weights}, {facts.Seconds:F1} s"));
        }

        return facts;
    }

    private sealed class Percent(ProgressLine line) : IProgress<ExportProgress>
    {
        public void Report(ExportProgress value) => line.Show(string.Create(
            CultureInfo.InvariantCulture, $"{100 * value.BytesWritten / value.TotalBytes} % of {value.TotalBytes >> 20} MiB"));
    }
}
