namespace Pinion.Zoo;

/// <summary>Writes networks of the zoo as ONNX files. Weights pass through a small buffer; memory does not grow with the model.</summary>
public static class ZooExporter
{
    /// <summary>
    /// Writes a model to a file. The file appears whole or not at all: it is written beside its place, flushed to the disk,
    /// and then renamed, over an older file of that name if there is one.
    /// </summary>
    /// <param name="model">A name of <see cref="ZooCatalog"/>.</param>
    /// <param name="path">The file to write. Its folder must exist.</param>
    /// <param name="options">Seed or weights file, batch, opset; null for the defaults.</param>
    /// <param name="progress">Hears of every piece that is written.</param>
    /// <param name="cancellation">Stops the export; nothing is left behind.</param>
    /// <exception cref="UnknownModelException">There is no such model.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or the path is that of the weights file.</exception>
    /// <exception cref="WeightsFileException">The weights file cannot be read or is not the network's.</exception>
    /// <exception cref="IOException">The file cannot be written, the disk is full for example.</exception>
    public static ExportResult Export(
        string model,
        string path,
        ExportOptions? options = null,
        IProgress<ExportProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (options?.WeightsFile is { Length: > 0 } weights && FinalTarget.AreSame(path, weights))
        {
            throw new ArgumentException($"'{path}' is the weights file; writing the model there would destroy the weights.", nameof(path));
        }

        using ZooExport export = Prepare(model, options, cancellation);
        AtomicFile.Write(path, export.Length, stream => export.Write(stream, progress, cancellation));
        return export.Result;
    }

    /// <summary>Writes a model to a stream, front to back; the stream need not seek, and stays open.</summary>
    /// <inheritdoc cref="Export(string, string, ExportOptions?, IProgress{ExportProgress}?, CancellationToken)"/>
    /// <param name="model">A name of <see cref="ZooCatalog"/>.</param>
    /// <param name="destination">The stream to write to.</param>
    /// <param name="options">Seed or weights file, batch, opset; null for the defaults.</param>
    /// <param name="progress">Hears of every piece that is written.</param>
    /// <param name="cancellation">Stops the export, with part of the file written.</param>
    public static ExportResult Export(
        string model,
        Stream destination,
        ExportOptions? options = null,
        IProgress<ExportProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using ZooExport export = Prepare(model, options, cancellation);
        export.Write(destination, progress, cancellation);
        return export.Result;
    }

    /// <summary>
    /// Checks the request, opens the weights file and compares it with the network, so that all that can be wrong shows
    /// before a file is begun. Owner: the caller, who disposes it.
    /// </summary>
    /// <param name="model">A name of <see cref="ZooCatalog"/>.</param>
    /// <param name="options">Seed or weights file, batch, opset; null for the defaults.</param>
    /// <param name="cancellation">Stops the reading of the weights file.</param>
    /// <exception cref="UnknownModelException">There is no such model.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="WeightsFileException">The weights file cannot be read or is not the network's.</exception>
    public static ZooExport Prepare(string model, ExportOptions? options = null, CancellationToken cancellation = default) =>
        new(model, options ?? new ExportOptions(), cancellation);
}
