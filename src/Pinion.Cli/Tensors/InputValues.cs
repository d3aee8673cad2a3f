using Pinion.Onnx;

namespace Pinion.Cli;

/// <summary>Where the values of inputs come from: .npy files, raw files in trtexec's manner, and the seed for the rest.</summary>
internal sealed class InputValues(IReadOnlyDictionary<string, string> npyFiles, IReadOnlyDictionary<string, string> rawFiles, ulong seed)
{
    private readonly Dictionary<string, byte[]> _converted = [];

    public ulong Seed => seed;

    /// <summary>Reads <c>NAME=FILE.npy</c> options.</summary>
    public static InputValues FromOptions(IEnumerable<string> options, ulong seed)
    {
        var files = new Dictionary<string, string>();
        foreach (string option in options)
        {
            int equals = option.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == option.Length - 1)
            {
                throw new UsageException($"--input '{option}' is not NAME=FILE.npy.");
            }

            if (!files.TryAdd(option[..equals], option[(equals + 1)..]))
            {
                throw new UsageException($"--input gives '{option[..equals]}' twice.");
            }
        }

        return new InputValues(files, new Dictionary<string, string>(), seed);
    }

    /// <summary>Adds the shapes of .npy files to those asked for: a file says itself how large its tensor is. `note` hears of files that are converted.</summary>
    public ShapeRequest AddShapes(ShapeRequest request, IReadOnlyList<TensorInfo> inputs, Action<string> note)
    {
        CheckNames(inputs);
        var shapes = new List<(string? Name, TensorShape Shape)>(request.Shapes);
        foreach ((string name, string path) in npyFiles)
        {
            using var file = NpyFile.Open(path);
            TensorInfo input = inputs.First(i => i.Name == name);
            CheckShape(file, input);
            if (file.Type.Name != input.DataType.GetName())
            {
                _converted[name] = Convert(file, input);
                note($"{path} holds {file.Type.Name}: it is converted to {input.DataType.GetName()} for input '{name}'.");
            }

            if (!shapes.Exists(s => s.Name == name || (s.Name is null && inputs.Count == 1)))
            {
                shapes.Add((name, new TensorShape(file.Shape)));
            }
        }

        return request with { Shapes = shapes };
    }

    /// <summary>Writes one input's values; gives "file" or "random" and the file's name.</summary>
    public (string Source, string? File) Fill(TensorInfo input, TensorShape shape, Span<byte> destination)
    {
        if (npyFiles.TryGetValue(input.Name, out string? npy))
        {
            using var file = NpyFile.Open(npy);
            if (new TensorShape(file.Shape) != shape)
            {
                throw new UsageException($"{npy} has shape {new TensorShape(file.Shape)}; input '{input.Name}' runs with {shape}.");
            }

            if (_converted.TryGetValue(input.Name, out byte[]? converted))
            {
                converted.CopyTo(destination);
            }
            else
            {
                file.ReadInto(destination);
            }

            return ("file", npy);
        }

        if (rawFiles.TryGetValue(input.Name, out string? raw))
        {
            ReadRaw(raw, input, shape, destination);
            return ("file", raw);
        }

        RandomInputs.Fill(input, destination, seed);
        return ("random", null);
    }

    public void CheckNames(IReadOnlyList<TensorInfo> inputs)
    {
        foreach (string name in npyFiles.Keys.Concat(rawFiles.Keys))
        {
            if (!inputs.Any(i => i.Name == name))
            {
                throw new UsageException($"There is no input '{name}'. {NearestName.Hint(name, [.. inputs.Select(i => i.Name)])}");
            }
        }
    }

    private static byte[] Convert(NpyFile file, TensorInfo input)
    {
        string wanted = input.DataType.GetName();
        try
        {
            return file.ReadAs(OnnxTypeExtensions.Parse(wanted), $"input '{input.Name}'")
                ?? throw new UsageException($"{file.Path} holds {file.Type.Name}; input '{input.Name}' is {wanted}. Convert it with a.astype('{wanted}').");
        }
        catch (NpyException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>Rank and fixed dimensions; dynamic ones are the profile's business.</summary>
    private static void CheckShape(NpyFile file, TensorInfo input)
    {
        TensorShape wanted = input.Shape;
        TensorShape present = new(file.Shape);
        if (wanted.Rank != present.Rank || wanted.Zip(present).Any(d => d.First >= 0 && d.First != d.Second))
        {
            throw new UsageException($"{file.Path} has shape {present}; input '{input.Name}' is {wanted}.");
        }
    }

    private static void ReadRaw(string path, TensorInfo input, TensorShape shape, Span<byte> destination)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            if (stream.Length != destination.Length)
            {
                throw new UsageException(
                    $"{path} has {stream.Length} bytes; input '{input.Name}' of {input.DataType.GetName()} {shape} needs {destination.Length}.");
            }

            stream.ReadExactly(destination);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WorkException($"{path} cannot be read: {e.Message}", e);
        }
    }
}
