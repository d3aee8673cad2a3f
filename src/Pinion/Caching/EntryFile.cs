using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Pinion;

/// <summary>The JSON beside a plan: what it is made of, in words, and checksums of the plan and of itself. A plan counts once this file is there.</summary>
internal static class EntryFile
{
    /// <summary>More than any: ingredients are some dozens of short texts.</summary>
    private const long MaxBytes = 16 << 20;

    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    internal static byte[] Write(CacheEntry entry)
    {
        using var memory = new MemoryStream();
        using (var writer = new Utf8JsonWriter(memory, Indented))
        {
            writer.WriteStartObject();
            writer.WriteString("model", entry.Model);
            writer.WriteString("built", entry.BuiltAt.ToString("O", CultureInfo.InvariantCulture));
            writer.WriteNumber("buildSeconds", entry.BuildTime.TotalSeconds);
            writer.WriteString("sdk", entry.Sdk.GetName());
            writer.WriteString("tensorrt", entry.TensorRt);
            writer.WriteNumber("planBytes", entry.PlanBytes);
            writer.WriteString("planSha256", entry.PlanSha256);
            writer.WriteString("headSha256", entry.HeadSha256);
            writer.WritePropertyName("ingredients");
            IngredientList.Write(writer, entry.Ingredients);
            writer.WriteEndObject();
        }

        string body = Encoding.UTF8.GetString(memory.GetBuffer().AsSpan(0, (int)memory.Length));
        return Encoding.UTF8.GetBytes($"{{\"checksum\": \"{Checksum(body)}\", \"entry\": {body}}}\n");
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or of another key; the message says how, without a full stop.</exception>
    /// <exception cref="IOException">It cannot be read, or is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    internal static CacheEntry Read(CacheFolder folder, string key)
    {
        string path = folder.EntryPath(key);
        using FileStream file = FileDigest.Open(path);
        DateTimeOffset used = File.GetLastWriteTimeUtc(file.SafeFileHandle);
        if (file.Length > MaxBytes)
        {
            throw new InvalidDataException($"{Path.GetFileName(path)} has {file.Length} bytes");
        }

        try
        {
            using var document = JsonDocument.Parse(file);
            JsonElement body = document.RootElement.GetProperty("entry");
            if (document.RootElement.Text("checksum") != Checksum(body.GetRawText()))
            {
                throw new InvalidDataException($"the checksum of {Path.GetFileName(path)} does not match");
            }

            CacheIngredient[] ingredients = [.. body.GetProperty("ingredients").EnumerateObject().Select(i => new CacheIngredient(i.Name, i.Value.GetString() ?? ""))];
            if (IngredientList.KeyOf(ingredients) != key)
            {
                throw new InvalidDataException($"{Path.GetFileName(path)} has another name than its ingredients give it");
            }

            long planBytes = body.GetProperty("planBytes").GetInt64();
            return new CacheEntry
            {
                Key = key,
                Model = body.Text("model") ?? "",
                Path = folder.PlanPath(key),
                PlanBytes = planBytes,
                SizeBytes = planBytes + file.Length + folder.KernelBytes(key),
                BuiltAt = body.GetProperty("built").GetDateTimeOffset(),
                BuildTime = TimeSpan.FromSeconds(body.Number("buildSeconds")),
                LastUsed = used,
                Sdk = EnumNames.Parse<Sdk>(body.Text("sdk")) ?? throw new InvalidDataException($"{Path.GetFileName(path)} names no SDK"),
                TensorRt = body.Text("tensorrt") ?? "",
                Ingredients = ingredients,
                PlanSha256 = body.Text("planSha256") ?? "",
                HeadSha256 = body.Text("headSha256") ?? "",
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new InvalidDataException($"{Path.GetFileName(path)} is damaged", e);
        }
    }

    private static string Checksum(string body) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)));
}
