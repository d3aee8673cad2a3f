using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pinion.Fp16;

/// <summary>What trials gave, in a file beside the output, so that a search that was stopped goes on where it was. A file of another search is ignored.</summary>
internal sealed class TrialFile
{
    private readonly string _path;
    private readonly TrialRecord _record;

    private TrialFile(string path, TrialRecord record) => (_path, _record) = (path, record);

    /// <summary>Trials that a former search has left.</summary>
    public int Count => _record.Tried.Count;

    /// <param name="path">The file, which need not exist.</param>
    /// <param name="search">Everything that the outcome of a trial depends on.</param>
    public static TrialFile Open(string path, string search)
    {
        try
        {
            if (File.Exists(path) && JsonSerializer.Deserialize(File.ReadAllBytes(path), TrialJson.Default.TrialRecord) is { } found && found.Search == search)
            {
                return new TrialFile(path, found);
            }
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            // It only saves time.
        }

        return new TrialFile(path, new TrialRecord(search, []));
    }

    public bool? Find(IReadOnlyList<string> kept) => _record.Tried.TryGetValue(Key(kept), out bool passed) ? passed : null;

    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Add(IReadOnlyList<string> kept, bool passed)
    {
        _record.Tried[Key(kept)] = passed;
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(_record, TrialJson.Default.TrialRecord);
        AtomicFile.Write(_path, bytes.Length, stream => stream.Write(bytes));
    }

    /// <summary>The search has ended.</summary>
    public void Delete() => File.Delete(_path);

    private static string Key(IReadOnlyList<string> kept) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', kept.Order(StringComparer.Ordinal)))).AsSpan(0, 16));
}

/// <param name="Search">Everything that the outcome of a trial depends on.</param>
/// <param name="Tried">Whether each set passed.</param>
internal sealed record TrialRecord(string Search, Dictionary<string, bool> Tried);

[JsonSourceGenerationOptions(RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TrialRecord))]
internal sealed partial class TrialJson : JsonSerializerContext;
