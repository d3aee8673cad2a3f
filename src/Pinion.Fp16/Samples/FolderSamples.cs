using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Pinion.Onnx;

namespace Pinion.Fp16;

/// <summary>Samples in the files of a folder.</summary>
internal sealed class FolderSamples : GuardSamples
{
    private const string Array = ".npy";
    private const string Archive = ".npz";

    private readonly string _folder;
    private readonly List<Sample> _samples = [];

    public FolderSamples(string folder, IReadOnlyList<TensorInfo> inputs)
        : base(inputs)
    {
        _folder = folder;
        if (inputs.Count == 0)
        {
            throw new GuardException("the model has no inputs, so it has no samples");
        }

        if (!Directory.Exists(folder))
        {
            throw new GuardException($"there is no folder '{folder}' with samples");
        }

        foreach (string archive in Sorted(Directory.GetFiles(folder, $"*{Archive}")))
        {
            _samples.Add(new Sample(archive, IsArchive: true, inputs.ToDictionary(i => i.Name, i => i.Name)));
        }

        var taken = new HashSet<string>();
        var names = inputs.ToDictionary(i => i.Name, i => FileName.For(i.Name, Array, taken));
        foreach (string inner in Sorted(Directory.GetDirectories(folder)).Where(f => Directory.GetFiles(f, $"*{Array}").Length > 0))
        {
            _samples.Add(new Sample(inner, IsArchive: false, inputs.ToDictionary(i => i.Name, i => Path.Combine(inner, names[i.Name]))));
        }

        string[] arrays = Sorted(Directory.GetFiles(folder, $"*{Array}"));
        if (arrays.Length > 0 && inputs is [var only])
        {
            _samples.AddRange(arrays.Select(file => new Sample(file, IsArchive: false, new Dictionary<string, string> { [only.Name] = file })));
        }
        else if (arrays.Length > 0)
        {
            _samples.Add(new Sample(folder, IsArchive: false, inputs.ToDictionary(i => i.Name, i => Path.Combine(folder, names[i.Name]))));
        }

        if (_samples.Count == 0)
        {
            throw new GuardException($"'{folder}' has no samples: .npz files with an array for each of {Names()}, folders with {names[inputs[0].Name]} for each, or such files themselves");
        }

        foreach (Sample sample in _samples)
        {
            Check(sample);
        }
    }

    public override int Count => _samples.Count;

    public override string Description => $"{Counted.Of(Count, "sample")} of {_folder}";

    internal override string Digest => field ??= Hash(_samples.SelectMany(s => s.IsArchive ? [s.Path] : s.Files.Values));

    internal override TensorShape ShapeOf(int sample, TensorInfo input) => _samples[sample].Shapes[input.Name];

    internal override void Fill(int sample, TensorInfo input, Span<byte> destination)
    {
        using NpyFile file = Open(_samples[sample], input);
        if (new TensorShape(file.Shape) != _samples[sample].Shapes[input.Name])
        {
            throw new GuardException($"{file.Path} has changed while it was used");
        }

        Read(file, input).CopyTo(destination);
    }

    private static string[] Sorted(string[] paths)
    {
        System.Array.Sort(paths, StringComparer.Ordinal);
        return paths;
    }

    private static byte[] Read(NpyFile file, TensorInfo input)
    {
        string wanted = input.DataType.GetName();
        try
        {
            return file.ReadAs(OnnxTypeExtensions.Parse(wanted), $"input '{input.Name}'")
                ?? throw new GuardException($"{file.Path} holds {file.Type.Name}; input '{input.Name}' is {wanted}. Convert it with a.astype('{wanted}')");
        }
        catch (NpyException e)
        {
            throw new GuardException(e.Message, e);
        }
    }

    private NpyFile Open(Sample sample, TensorInfo input)
    {
        string file = sample.Files[input.Name];
        try
        {
            if (!sample.IsArchive)
            {
                return File.Exists(file) ? NpyFile.Open(file) : throw new GuardException($"sample '{sample.Path}' has no {Path.GetFileName(file)} for input '{input.Name}'");
            }

            using ZipArchive archive = ZipFile.OpenRead(sample.Path);
            ZipArchiveEntry entry = archive.GetEntry(file + Array) ?? throw new GuardException(
                $"{sample.Path} has no array '{file}'. {NearestName.Hint(file, [.. archive.Entries.Select(e => Path.GetFileNameWithoutExtension(e.FullName))])} The model's inputs are {Names()}");
            if (entry.Length > System.Array.MaxLength)
            {
                throw new GuardException($"array '{file}' of {sample.Path} has {entry.Length} bytes; at most {System.Array.MaxLength} are read");
            }

            var memory = new MemoryStream((int)entry.Length);
            using (Stream stream = entry.Open())
            {
                stream.CopyTo(memory);
            }

            memory.Position = 0;
            return NpyFile.Open(memory, $"{sample.Path}({file})");
        }
        catch (Exception e) when (e is NpyException or InvalidDataException)
        {
            throw new GuardException(e is NpyException ? e.Message : $"{sample.Path} cannot be read: {e.Message}", e);
        }
    }

    private void Check(Sample sample)
    {
        foreach (TensorInfo input in Inputs)
        {
            using NpyFile file = Open(sample, input);
            if (file.Shape.Length != input.Shape.Rank || file.Shape.ToArray().Zip(input.Shape).Any(d => d.Second >= 0 && d.First != d.Second) || file.Shape.Contains(0))
            {
                throw new GuardException($"{file.Path} has shape {string.Join('x', file.Shape.ToArray())}; input '{input.Name}' is {input.Shape}");
            }

            sample.Shapes[input.Name] = new TensorShape(file.Shape);
            if (file.Type.Name != input.DataType.GetName())
            {
                // Whether all values fit the input's type is known now, not after minutes.
                Read(file, input);
            }
        }
    }

    public static string DigestOfFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new GuardException($"there is no folder '{folder}' with samples");
        }

        IEnumerable<string> files = new[] { folder }.Concat(Directory.GetDirectories(folder)).SelectMany(Directory.GetFiles)
            .Where(f => Path.GetExtension(f) is Array or Archive);
        return Hash(Sorted([.. files]), folder);
    }

    private string Names() => string.Join(", ", Inputs.Select(i => $"'{i.Name}'"));

    /// <param name="files">What is read, in this order.</param>
    /// <param name="folder">Names of files count from here on; null: they do not.</param>
    private static string Hash(IEnumerable<string> files, string? folder = null)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in files)
        {
            if (folder is not null)
            {
                hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetRelativePath(folder, path))));
            }

            using FileStream stream = File.OpenRead(path);
            hash.AppendData(SHA256.HashData(stream));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <param name="Path">The file or folder.</param>
    /// <param name="IsArchive">Whether it is an .npz file, whose arrays <paramref name="Files"/> names.</param>
    /// <param name="Files">Where the values of each input are.</param>
    private sealed record Sample(string Path, bool IsArchive, IReadOnlyDictionary<string, string> Files)
    {
        public Dictionary<string, TensorShape> Shapes { get; } = [];
    }
}
