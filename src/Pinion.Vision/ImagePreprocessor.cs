using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pinion.Vision;

/// <summary>
/// Makes images a network's input, bit for bit as PaddleClas does: resized, cropped, normalised, and written as planes of red, green and blue, straight into
/// a session's pinned memory. Only the crop is computed; nothing is allocated after the first images. Threads: any number at a time.
/// </summary>
public sealed class ImagePreprocessor
{
    private const int Channels = 3;
    private const int Levels = 256;

    private readonly ConcurrentBag<Workspace> _workspaces = [];

    /// <summary>What each byte becomes, red first.</summary>
    private readonly float[] _single = new float[Channels * Levels];
    private readonly Half[] _half = new Half[Channels * Levels];
    private readonly byte[] _plain = new byte[Channels * Levels];

    /// <summary>Prepares the tables of the normalisation.</summary>
    /// <exception cref="ArgumentException">The options contradict each other or are out of range.</exception>
    public ImagePreprocessor(PreprocessingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        for (int channel = 0; channel < Channels; channel++)
        {
            float scale = (float)options.Scale;
            float mean = (float)options.Mean[channel];
            float std = (float)options.Std[channel];
            for (int level = 0; level < Levels; level++)
            {
                // Three roundings to FP32, as numpy makes them.
                float value = ((level * scale) - mean) / std;
                _single[(channel * Levels) + level] = value;
                _half[(channel * Levels) + level] = (Half)value;
                _plain[(channel * Levels) + level] = (byte)level;
            }
        }
    }

    /// <summary>What is done to images.</summary>
    public PreprocessingOptions Options { get; }

    /// <summary>Elements of one image's tensor: three planes.</summary>
    public int Elements => Channels * Options.Output.Width * Options.Output.Height;

    /// <summary>Takes the preprocessing from a model, as <see cref="PreprocessingOptions.FromModel"/> finds it.</summary>
    /// <param name="model"><c>zoo:NAME</c>, or the path of an ONNX model.</param>
    /// <exception cref="PreprocessingException">The model does not say how its images are made.</exception>
    /// <exception cref="Zoo.UnknownModelException">The zoo has no such network.</exception>
    public static ImagePreprocessor FromModel(string model) => new(PreprocessingOptions.FromModel(model));

    /// <summary>Writes an image as FP32.</summary>
    /// <param name="image">The image.</param>
    /// <param name="tensor">The input of one or more images, such as <c>session.Input&lt;float&gt;("x")</c>.</param>
    /// <param name="index">Which image of the batch it becomes.</param>
    /// <exception cref="ArgumentException">The tensor has no room for it.</exception>
    /// <exception cref="ImageException">The image is so narrow that its long side would be resized beyond any number.</exception>
    public void Write(RgbImage image, Span<float> tensor, int index = 0) => Write(image, tensor, index, _single);

    /// <summary>Writes an image as FP16, each value rounded to the nearest.</summary>
    /// <inheritdoc cref="Write(RgbImage, Span{float}, int)"/>
    public void Write(RgbImage image, Span<Half> tensor, int index = 0) => Write(image, tensor, index, _half);

    /// <summary>Writes the bytes of the crop, for a network that normalises by itself.</summary>
    /// <inheritdoc cref="Write(RgbImage, Span{float}, int)"/>
    public void Write(RgbImage image, Span<byte> tensor, int index = 0) => Write(image, tensor, index, _plain);

    private void Write<T>(RgbImage image, Span<T> tensor, int index, T[] table)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        if (((long)index + 1) * Elements > tensor.Length)
        {
            throw new ArgumentException(
                $"The tensor has {tensor.Length} elements; image {index} of {Channels} x {Options.Output.Height} x {Options.Output.Width} ends at {((long)index + 1) * Elements}.",
                nameof(tensor));
        }

        ReadOnlySpan<byte> pixels = image.Pixels;
        ImageSize source = new(image.Width, image.Height);
        (ImageSize resized, CropArea crop) = Place(source);
        if (!_workspaces.TryTake(out Workspace? workspace))
        {
            workspace = new Workspace(RowResizer.For(Options.Interpolation), crop.Width);
        }

        Span<T> target = tensor.Slice(index * Elements, Elements);
        workspace.Resizer.Start(pixels, source, resized, crop);
        for (int y = 0; y < crop.Height; y++)
        {
            workspace.Resizer.MakeRow(pixels, y, workspace.Row);
            WriteRow(workspace.Row, target[(y * crop.Width)..], crop.Width * crop.Height, table);
        }

        _workspaces.Add(workspace);
    }

    /// <summary>Sizes and offsets as Python computes them: half to even in double, and divided downwards.</summary>
    private (ImageSize Resized, CropArea Crop) Place(ImageSize source)
    {
        ImageSize resized;
        if (Options.Size is { } size)
        {
            resized = size;
        }
        else
        {
            double percent = (double)Options.ResizeShort!.Value / Math.Min(source.Width, source.Height);
            double width = Math.Round(source.Width * percent);
            double height = Math.Round(source.Height * percent);
            resized = Math.Max(width, height) <= int.MaxValue / 2
                ? new ImageSize((int)width, (int)height)
                : throw new ImageException($"the image is {source} pixels; with a short side of {Options.ResizeShort} the long one would have {Math.Max(width, height):F0}.");
        }

        ImageSize crop = Options.Output;
        return (resized, new CropArea((resized.Width - crop.Width) / 2, (resized.Height - crop.Height) / 2, crop.Width, crop.Height));
    }

    private static void WriteRow<T>(ReadOnlySpan<byte> row, Span<T> target, int plane, T[] table)
        where T : unmanaged
    {
        ref byte pixel = ref MemoryMarshal.GetReference(row);
        ref T values = ref MemoryMarshal.GetArrayDataReference(table);
        int width = row.Length / RgbImage.BytesPerPixel;
        for (int channel = 0; channel < Channels; channel++)
        {
            Span<T> to = target.Slice(channel * plane, width);
            for (int x = 0; x < to.Length; x++)
            {
                to[x] = Unsafe.Add(ref values, (channel * Levels) + Unsafe.Add(ref pixel, (x * RgbImage.BytesPerPixel) + channel));
            }
        }
    }

    /// <summary>What one thread needs.</summary>
    private sealed class Workspace(RowResizer resizer, int width)
    {
        private readonly byte[] _row = new byte[width * RgbImage.BytesPerPixel];

        public RowResizer Resizer { get; } = resizer;

        public Span<byte> Row => _row;
    }
}
