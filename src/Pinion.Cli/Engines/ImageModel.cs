using Pinion.Vision;

namespace Pinion.Cli;

/// <summary>What a command needs to know of a model that takes images: how they are preprocessed, and the input that they go to.</summary>
internal sealed record ImageModel(PreprocessingOptions Preprocessing, IReadOnlyList<string>? Labels, TensorInfo Input)
{
    private const int Channels = 3;

    /// <param name="model">A plan, an ONNX model or zoo:NAME.</param>
    /// <param name="preprocessing">A file that overrides what the model says, or null.</param>
    /// <exception cref="PreprocessingException">Neither the model nor the file says how images are preprocessed.</exception>
    /// <exception cref="WorkException">A file is missing, or the model takes no images.</exception>
    public static ImageModel Open(string model, string? preprocessing)
    {
        if (preprocessing is not null)
        {
            Files.RequireFile(preprocessing);
        }

        (IReadOnlyList<TensorInfo> inputs, IReadOnlyDictionary<string, string> metadata) = Describe(model);
        PreprocessingOptions options = preprocessing is null ? PreprocessingOptions.FromMetadata(metadata, model) : PreprocessingOptions.Load(preprocessing);
        return new ImageModel(options, ClassLabels.FromMetadata(metadata), FindInput(model, inputs, options.Output));
    }

    private static (IReadOnlyList<TensorInfo> Inputs, IReadOnlyDictionary<string, string> Metadata) Describe(string model)
    {
        if (ModelFile.IsZoo(model))
        {
            Zoo.ZooModel network = Zoo.ZooCatalog.Get(ModelFile.WithoutPrefix(model));
            long[] shape = [-1, .. network.InputShape];
            return ([new TensorInfo(network.InputName, TensorMode.Input, TensorDataType.Float32, new TensorShape(shape), false)], Zoo.ZooMetadata.Of(network.Name));
        }

        Files.RequireFile(model);
        if (EngineSource.IsModel(model))
        {
            return (Files.About(model, () => EngineBuilder.DescribeModel(model)).Inputs, ModelMetadata.Of(model));
        }

        PlanDescription plan = Files.About(model, () => Plan.Describe(model));
        return plan.IsRaw
            ? throw new WorkException($"{model} is a plan without Pinion's header, which does not say what it takes; give the ONNX model, or a plan that pinion build wrote.")
            : (plan.Inputs, plan.Metadata);
    }

    /// <summary>The one input of batches of three planes.</summary>
    private static TensorInfo FindInput(string model, IReadOnlyList<TensorInfo> inputs, ImageSize size)
    {
        TensorInfo[] images = [.. inputs.Where(i => i.Shape.Rank == 4 && i.Shape[1] is Channels or < 0)];
        if (inputs.Count != 1 || images.Length != 1)
        {
            string all = string.Join(", ", inputs.Select(i => $"{i.Name} {i.DataType.GetName()} {i.Shape}"));
            throw new WorkException($"{model} takes no images alone: an image is one input of N x {Channels} x height x width, and it has {all}.");
        }

        TensorInfo input = images[0];
        if (Differs(input.Shape[2], size.Height) || Differs(input.Shape[3], size.Width))
        {
            throw new WorkException($"{model} takes images of {input.Shape[3]} x {input.Shape[2]} pixels, and the preprocessing makes {size}; --preprocess names another.");
        }

        return input.DataType is TensorDataType.Float32 or TensorDataType.Float16 or TensorDataType.UInt8
            ? input
            : throw new WorkException($"{model} takes {input.DataType.GetName()} at {input.Name}; images become float32, float16 or uint8.");

        static bool Differs(long dimension, int wanted) => dimension >= 0 && dimension != wanted;
    }
}
