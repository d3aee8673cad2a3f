using System.Globalization;
using Pinion.Onnx;
using Pinion.Zoo;

namespace Pinion.Cli;

/// <summary>
/// A model as a command takes it: the path of a file, or <c>zoo:NAME</c>, which is written to a temporary folder and
/// deleted on disposal.
/// </summary>
internal sealed class ModelFile : IDisposable
{
    public const string ZooPrefix = "zoo:";

    private readonly ScratchFolder? _folder;

    private ModelFile(string name, string path, ScratchFolder? folder)
    {
        Name = name;
        Path = path;
        _folder = folder;
    }

    /// <summary>What the user wrote.</summary>
    public string Name { get; }

    /// <summary>The file to read.</summary>
    public string Path { get; }

    public bool FromZoo => _folder is not null;

    public static bool IsZoo(string text) => text.StartsWith(ZooPrefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>The name of a network, whether zoo: stands before it or not.</summary>
    public static string WithoutPrefix(string text) => IsZoo(text) ? text[ZooPrefix.Length..] : text;

    /// <summary>Finds the file or writes it; `note` hears where a zoo model's weights are from.</summary>
    /// <exception cref="WorkException">There is no such file, or the temporary folder cannot be written.</exception>
    /// <exception cref="UnknownModelException">The zoo has no such network.</exception>
    public static ModelFile Open(string text, Action<string> note, CancellationToken token)
    {
        if (!IsZoo(text))
        {
            Files.RequireFile(text);
            return new ModelFile(text, text, null);
        }

        string name = ZooCatalog.Get(WithoutPrefix(text)).Name;
        ScratchFolder? folder = null;
        try
        {
            folder = ScratchFolder.Create();
            string path = System.IO.Path.Combine(folder.Path, name + ".onnx");
            var options = new ExportOptions();
            using (FileStream file = File.Create(path))
            {
                Write(name, options, file, note, token);
            }

            return new ModelFile(text, path, folder);
        }
        catch (Exception e)
        {
            folder?.Dispose();
            if (AtomicFile.IsWriteError(e))
            {
                throw new WorkException($"{text} cannot be written to {System.IO.Path.GetTempPath()}: {AtomicFile.Reason(e)}. TMPDIR can name another folder.", e);
            }

            throw;
        }
    }

    /// <summary>The model as a cache takes it: a network of the zoo is written only if it is built.</summary>
    /// <exception cref="WorkException">There is no such file.</exception>
    /// <exception cref="UnknownModelException">The zoo has no such network.</exception>
    public static ModelSource Source(string text, Action<string> note)
    {
        if (!IsZoo(text))
        {
            Files.RequireFile(text);
            return ModelSource.FromFile(text);
        }

        string name = ZooCatalog.Get(WithoutPrefix(text)).Name;
        var options = new ExportOptions();
        return ModelSource.FromMaker(
            ZooPrefix + name,
            [
                new CacheIngredient("seed", options.Seed.ToString(CultureInfo.InvariantCulture)),
                new CacheIngredient("opset", options.Opset.ToString(CultureInfo.InvariantCulture)),
                new CacheIngredient("generator", Generators.Of(typeof(ZooExporter), typeof(OnnxModel))),
            ],
            (stream, token) => Write(name, options, stream, note, token));
    }

    /// <summary>Does something with the file; failures name what the user wrote, not the temporary file.</summary>
    public T Use<T>(Func<string, T> work) => Files.About(Name, () => work(Path));

    public void Dispose() => _folder?.Dispose();

    private static void Write(string name, ExportOptions options, Stream stream, Action<string> note, CancellationToken token)
    {
        ExportResult result = ZooExporter.Export(name, stream, options, cancellation: token);
        note(string.Create(CultureInfo.InvariantCulture, $"{ZooPrefix}{name}: {result.Bytes:N0} bytes with weights from seed {options.Seed}, which are not trained"));
    }
}
