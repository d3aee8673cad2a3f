using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pinion.Onnx;

/// <summary>A node that a recipe keeps in FP32.</summary>
/// <param name="Node">Its name, exactly as <see cref="Fp16Decision.Node"/> has it.</param>
/// <param name="Reason">Why.</param>
public sealed record Fp16RecipeNode(string Node, string Reason);

/// <summary>What was measured when a recipe was made.</summary>
/// <param name="Samples">The inputs, in words.</param>
/// <param name="SampleCount">How many.</param>
/// <param name="Runtime">What computed it.</param>
/// <param name="RelativeErrorLimit">The largest relative error that was allowed.</param>
/// <param name="CosineLimit">The least cosine that was allowed.</param>
/// <param name="Top1Limit">The least top-1 agreement that was allowed; null where it was not judged.</param>
/// <param name="RelativeError">The largest relative error of an output of a sample.</param>
/// <param name="Cosine">The least cosine.</param>
/// <param name="Top1Agreement">The share of rows with the same largest element; null where there is nothing to choose from.</param>
/// <param name="PlainRelativeError">The largest relative error with no node kept.</param>
/// <param name="RoundedWeightsRelativeError">That of rounding the weights alone to FP16's 11 bits.</param>
public sealed record Fp16RecipeMeasure(
    string Samples, int SampleCount, string Runtime, double RelativeErrorLimit, double CosineLimit, double? Top1Limit, double RelativeError, double Cosine, double? Top1Agreement,
    double PlainRelativeError, double RoundedWeightsRelativeError);

/// <summary>
/// How a model is converted to FP16, in a file beside it (JSON): which nodes stay FP32, why, and what was measured. It belongs to one model, whose bytes it knows.
/// </summary>
public sealed record Fp16Recipe
{
    // What a file leaves out reaches the setters of lists as null.

    /// <summary>The form of the file that this version writes and reads.</summary>
    public const int CurrentVersion = 1;

    private const long MaxBytes = 64 << 20;

    /// <summary>The form of the file.</summary>
    [JsonPropertyName("pinionFp16Recipe")]
    public int Version { get; init; } = CurrentVersion;

    /// <summary>What the model was called when the recipe was made; for readers.</summary>
    public required string Model { get; init; }

    /// <summary>The model's bytes, as <see cref="OnnxDigest.Compute"/> gives it.</summary>
    public required string ModelSha256 { get; init; }

    /// <summary>Whether the model's own inputs and outputs become FP16.</summary>
    public bool HalfInputsAndOutputs { get; init; }

    /// <summary>Patterns of nodes that become FP16; empty for all.</summary>
    public IReadOnlyList<string> Include { get; init => field = value ?? []; } = [];

    /// <summary>Patterns of nodes that stay FP32.</summary>
    public IReadOnlyList<string> Exclude { get; init => field = value ?? []; } = [];

    /// <summary>Nodes that stay FP32.</summary>
    public IReadOnlyList<Fp16RecipeNode> Keep { get; init => field = value ?? []; } = [];

    /// <summary>What was measured; null where nothing was.</summary>
    public Fp16RecipeMeasure? Measured { get; init; }

    /// <summary>The options that convert as the recipe says.</summary>
    public Fp16Options ToOptions() => new()
    {
        HalfInputsAndOutputs = HalfInputsAndOutputs,
        Include = Include,
        Exclude = Exclude,
        Keep = Keep.DistinctBy(k => k.Node).ToDictionary(k => k.Node, k => k.Reason, StringComparer.Ordinal),
    };

    /// <summary>Reads a recipe.</summary>
    /// <exception cref="InvalidDataException">The file is no recipe, or one of a later version; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Fp16Recipe Read(string path)
    {
        using FileStream file = File.OpenRead(path);
        if (file.Length > MaxBytes)
        {
            throw new InvalidDataException($"'{path}' is no recipe: it has {file.Length} bytes, a recipe at most {MaxBytes}");
        }

        Fp16Recipe? recipe;
        try
        {
            using var document = JsonDocument.Parse(file);
            // A later form may have members that are not known here.
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("pinionFp16Recipe", out JsonElement form) && form.ToString() is var said && said != $"{CurrentVersion}")
            {
                throw new InvalidDataException($"'{path}' is a recipe of form {said}; this version reads form {CurrentVersion}. Make it anew with pinion convert --samples");
            }

            recipe = document.Deserialize(RecipeJson.Default.Fp16Recipe);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{path}' is no recipe: {e.Message}", e);
        }

        return recipe is not null && recipe.Keep.All(k => k is { Node: not null, Reason: not null }) && recipe.Include.Concat(recipe.Exclude).All(p => p is not null)
            ? recipe : throw new InvalidDataException($"'{path}' is no recipe: a node or a pattern is null");
    }

    /// <summary>Writes the recipe; the file appears whole or not at all, over an older one of that name.</summary>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    public void Write(string path) => AtomicFile.Write(path, 0, Write);

    /// <summary>Writes the recipe to a stream, which stays open.</summary>
    public void Write(Stream destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        JsonSerializer.Serialize(destination, this, RecipeJson.Default.Fp16Recipe);
        destination.WriteByte((byte)'\n');
    }

    /// <summary>Throws unless the recipe is for a model.</summary>
    /// <param name="path">The recipe's file, for the message.</param>
    /// <param name="model">The model's file.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="InvalidDataException">It is for another model.</exception>
    /// <exception cref="IOException">The model cannot be read.</exception>
    public void CheckIsFor(string path, string model, CancellationToken cancellation = default)
    {
        string digest = OnnxDigest.Compute(model, cancellation);
        if (!string.Equals(digest, ModelSha256, StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidDataException(
                $"'{path}' is a recipe for {Model} (SHA-256 {Short(ModelSha256)}), and the model is another (SHA-256 {Short(digest)}). Make one for it with pinion convert --samples");
        }
    }

    private static string Short(string digest) => digest.Length > 12 ? digest[..12] + "..." : digest;
}

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Fp16Recipe))]
internal sealed partial class RecipeJson : JsonSerializerContext;
