using System.Globalization;
using System.Text;
using Pinion.Zoo;

namespace Pinion.Vision;

/// <summary>The names of a network's classes.</summary>
public static class ClassLabels
{
    /// <summary>Far more than names of classes take; a model given by mistake is not read.</summary>
    private const int MaxBytes = 64 << 20;

    /// <summary>The names that a model carries, or null: <c>zoo:NAME</c>, or the path of an ONNX model.</summary>
    /// <exception cref="UnknownModelException">The zoo has no such network.</exception>
    public static IReadOnlyList<string>? FromModel(string model) => FromMetadata(ModelMetadata.Of(model));

    /// <summary>The names in a model's metadata or a plan's (<c>Engine.Description.Metadata</c>), or null.</summary>
    public static IReadOnlyList<string>? FromMetadata(IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return metadata.TryGetValue(ZooMetadata.Labels, out string? labels) ? labels.Split('\n') : null;
    }

    /// <summary>Reads PaddleClas' list: in each line the number of a class, a space, and its name. The numbers run from 0 without a gap, in any order.</summary>
    /// <exception cref="PreprocessingException">A line is none; the message names file and line.</exception>
    public static IReadOnlyList<string> Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (Directory.Exists(path))
        {
            throw new PreprocessingException($"{path} is a folder; name a list of labels.");
        }

        long length = new FileInfo(path).Length;
        if (length > MaxBytes)
        {
            throw new PreprocessingException($"{path} has {length} bytes, more than a list of labels ({MaxBytes}).");
        }

        byte[] bytes = File.ReadAllBytes(path);
        if (bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble))
        {
            throw new PreprocessingException($"{path}: line 1 begins with a byte order mark; save the list as UTF-8 without one.");
        }

        string text;
        try
        {
            text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new PreprocessingException($"{path} is no text in UTF-8.");
        }

        string[] lines = text.Split('\n');
        // The last line ends with the file.
        int count = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        string?[] names = count == 0 ? throw new PreprocessingException($"{path} is empty; each line is a number, a space and a name.") : new string?[count];
        for (int i = 0; i < count; i++)
        {
            (int number, string name) = ReadLine(lines[i].TrimEnd('\r'), out string? problem);
            problem ??= number >= count ? $"has the number {number}; {count} lines have 0 to {count - 1}"
                : names[number] is not null ? $"has the number {number} again" : null;
            names[number < count && problem is null ? number : 0] = problem is null ? name : throw new PreprocessingException($"{path}: line {i + 1} {problem}.");
        }

        return names!;
    }

    private static (int Number, string Name) ReadLine(string line, out string? problem)
    {
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        problem = string.IsNullOrWhiteSpace(line) ? "is blank; a line is a number, a space and a name"
            : line.Contains('\t', StringComparison.Ordinal) ? "has a tab; a number and its name are apart by one space"
            : space < 0 || string.IsNullOrWhiteSpace(line[space..]) ? $"is '{line}'; a line is a number, a space and a name"
            : !int.TryParse(line.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out _) ? $"begins with '{line[..space]}', which is no number of a class"
            : null;
        return problem is null ? (int.Parse(line.AsSpan(0, space), CultureInfo.InvariantCulture), line[(space + 1)..]) : default;
    }
}
