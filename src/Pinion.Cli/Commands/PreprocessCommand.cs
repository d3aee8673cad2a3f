using System.CommandLine;
using System.Runtime.InteropServices;
using Pinion.Onnx;
using Pinion.Vision;

namespace Pinion.Cli;

/// <summary><c>pinion preprocess</c>: images become a network's input, as a file.</summary>
internal static class PreprocessCommand
{
    private const string Array = ".npy";
    private const string Raw = ".bin";

    public static Command Create()
    {
        var model = new Argument<string>("PLAN|MODEL") { Description = "Whose preprocessing is done: a plan, an ONNX model (.onnx) or zoo:NAME." };
        var images = new Argument<string[]>("IMAGE") { Description = "JPEG, PNG, WebP or BMP files; each becomes one image of the batch.", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("--output", "-o") { Description = "The tensor: FILE.npy, or FILE.bin for its bytes alone, as trtexec --loadInputs takes them.", HelpName = "FILE", Required = true };
        Option<string> preprocess = PreprocessOption();
        var command = new Command("preprocess", "Write images as the tensor that a model takes.") { model, images, output, preprocess };
        command.Complete(
            [
                "pinion preprocess zoo:Res2Net50_26w_4s cat.jpg -o x.npy",
                "pinion preprocess model.onnx a.jpg b.png --preprocess inference_cls.yaml -o x.npy",
                "pinion run zoo:Res2Net50_26w_4s --input x=x.npy",
            ],
            (result, context) =>
            {
                string target = result.GetRequiredValue(output);
                if (Path.GetExtension(target) is not (Array or Raw))
                {
                    throw new UsageException($"-o {target} ends neither in {Array} nor in {Raw}; the ending says what is written.");
                }

                return Run(context, result.GetRequiredValue(model), result.GetRequiredValue(images), target, result.GetValue(preprocess));
            });
        return command;
    }

    public static Option<string> PreprocessOption() => new("--preprocess")
    {
        Description = "How images are preprocessed: Pinion's JSON or PaddleClas' YAML (default: what the model says).",
        HelpName = "FILE",
    };

    private static int Run(CommandContext context, string model, string[] images, string target, string? file)
    {
        var wanted = ImageModel.Open(model, file);
        var preprocessor = new ImagePreprocessor(wanted.Preprocessing);
        ImageSize size = wanted.Preprocessing.Output;
        var shape = new TensorShape(images.Length, 3, size.Height, size.Width);
        byte[] tensor = new byte[preprocessor.Elements * wanted.Input.DataType.GetSizeBytes(1)];
        var read = new List<PreprocessedImage>();
        using (var stream = OutputFile.Create(target))
        {
            if (Path.GetExtension(target) == Array)
            {
                NpyFile.WriteHeader(stream.Stream, OnnxTypeExtensions.Parse(wanted.Input.DataType.GetName()), shape.ToArray());
            }

            foreach (string path in images)
            {
                context.Token.ThrowIfCancellationRequested();
                Files.RequireFile(path);
                using var image = RgbImage.Load(path);
                read.Add(new PreprocessedImage(path, image.Width, image.Height));
                preprocessor.Write(image, tensor, wanted.Input.DataType);
                stream.Stream.Write(tensor);
            }

            stream.Commit();
        }

        if (context.Terminal.Json)
        {
            JsonOutput.Print(
                new PreprocessDocument(model, ImageFacts.Json(wanted.Preprocessing), target, wanted.Input.Name, wanted.Input.DataType.GetName(), shape, read), JsonForms.Default.PreprocessDocument);
        }
        else
        {
            context.Terminal.SayOf(target, $"{target}: {wanted.Input.Name}, {wanted.Input.DataType.GetName()} {shape}, of {Counted.Of(images.Length, "image")}; {wanted.Preprocessing}");
        }

        return ExitCode.Done;
    }

    /// <summary>Writes one image into a tensor's bytes, which hold elements of the type.</summary>
    public static void Write(this ImagePreprocessor preprocessor, RgbImage image, Span<byte> tensor, TensorDataType type, int index = 0)
    {
        switch (type)
        {
            case TensorDataType.Float32:
                preprocessor.Write(image, MemoryMarshal.Cast<byte, float>(tensor), index);
                break;
            case TensorDataType.Float16:
                preprocessor.Write(image, MemoryMarshal.Cast<byte, Half>(tensor), index);
                break;
            default:
                preprocessor.Write(image, tensor, index);
                break;
        }
    }
}
