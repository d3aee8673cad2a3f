using System.Security.Cryptography;
using System.Text.Json;

namespace Pinion.Vision.Tests;

/// <summary>
/// What PaddleClas itself computed of some images. It is not part of the repository: the folder is named in PINION_PADDLE_REFERENCE, or lies beside the checkout.
/// </summary>
internal static class PaddleReference
{
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("PINION_PADDLE_REFERENCE") is { Length: > 0 } named ? named : Path.Combine(Child.RepositoryRoot, "../shared/reference/paddle");

    private static string Images => Path.Combine(Folder, "preprocess");

    public static void Require()
    {
        if (!Directory.Exists(Images))
        {
            Assert.Ignore("PaddleClas' own results are not here; name their folder in PINION_PADDLE_REFERENCE");
        }
    }

    public static JsonDocument Manifest() => JsonDocument.Parse(File.ReadAllText(Path.Combine(Images, "manifest.json")));

    public static string Image(string name) => Path.Combine(Images, "images", name);

    public static string Png(JsonElement named) => Path.Combine(Images, named.GetProperty("png").GetString()!);

    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
