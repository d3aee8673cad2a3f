using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Pinion;

/// <summary>What it takes to see a failed build again: the model, and in words how it was built and ended.</summary>
internal static class Reproducer
{
    private const int NameDigits = 16;

    /// <summary>Writes both into a folder of their own, named by the model, so that one model that fails often takes the place of one.</summary>
    /// <returns>A sentence that says where, or why not, with a space before it.</returns>
    internal static string Keep(string folder, BuilderRequest request, Sdk sdk, Version? tensorRt, string message, string log)
    {
        try
        {
            string target = Directory.CreateDirectory(Path.Combine(folder, $"model-{Hash(request)[..NameDigits]}")).FullName;
            string model = Path.Combine(target, "model.onnx");
            AtomicFile.Write(model, 0, stream => CopyModel(request, stream));
            AtomicFile.Write(Path.Combine(target, "build.txt"), 0, stream => stream.Write(Encoding.UTF8.GetBytes(Describe(request, sdk, tensorRt, message, log))));
            return $" The model and how it was built are kept in {target}.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $" The model could not be kept in {folder}: {e.Message}";
        }
    }

    private static string Hash(BuilderRequest request)
    {
        if (request.Bytes is { } bytes)
        {
            return Convert.ToHexStringLower(SHA256.HashData(bytes.Span));
        }

        using FileStream file = File.OpenRead(request.Path!);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private static void CopyModel(BuilderRequest request, Stream stream)
    {
        if (request.Bytes is { } bytes)
        {
            stream.Write(bytes.Span);
            return;
        }

        using FileStream file = File.OpenRead(request.Path!);
        file.CopyTo(stream);
    }

    private static string Describe(BuilderRequest request, Sdk sdk, Version? tensorRt, string message, string log)
    {
        EngineBuildOptions options = request.Options;
        var text = new StringBuilder();
        text.AppendLine(message);
        text.AppendLine(CultureInfo.InvariantCulture, $"SDK {sdk.GetName()}, TensorRT {tensorRt?.ToString() ?? "of unknown version"}");
        text.AppendLine(request.Path is { } path ? $"model: {Path.GetFullPath(path)} (external data, if any, lies beside it and is not kept)" : "model: from memory");
        text.AppendLine(options.ToString());
        AppendAll("profile", options.Profiles);
        AppendAll("layer precision", options.LayerPrecisions);
        AppendAll("target", options.Targets.Select(t => t.Name));
        AppendAll("plugin library", options.PluginLibraries);
        text.Append(log);
        return text.ToString();

        void AppendAll<T>(string name, IEnumerable<T> items)
        {
            foreach (T item in items)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"{name}: {item}");
            }
        }
    }
}
