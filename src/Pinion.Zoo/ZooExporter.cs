using Google.Protobuf.Collections;
using Pinion.Zoo.Networks;
using Pinion.Zoo.Onnx;
using Pinion.Zoo.Weights;

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
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
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
        using var export = new PreparedExport(model, options ?? new ExportOptions());
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
        using var export = new PreparedExport(model, options ?? new ExportOptions());
        export.Write(destination, progress, cancellation);
        return export.Result;
    }

    /// <summary>Everything that can be wrong with the request is found before the first byte is written.</summary>
    private sealed class PreparedExport : IDisposable
    {
        private readonly ZooModel _model;
        private readonly IWeightSource _weights;
        private readonly OnnxFileWriter _writer;
        private readonly int _tensors;

        public PreparedExport(string name, ExportOptions options)
        {
            options.Validate();
            _model = ZooCatalog.Get(name);
            var graph = NetworkTable.Build(_model.Network, _model.Name, options.Opset, options.Batch, options.Softmax);
            Label(graph.Model.MetadataProps, options);
            _writer = new OnnxFileWriter(graph);
            _tensors = graph.Parameters.Count;
            _weights = options.WeightsFile is { } file ? PdparamsFile.Open(file, _model.Name) : new SeededWeights(options.Seed);
            try
            {
                _weights.Check(graph.Parameters);
            }
            catch
            {
                _weights.Dispose();
                throw;
            }
        }

        public long Length => _writer.Length;

        public ExportResult Result => new(_model.Name, _writer.Length, _tensors);

        public void Write(Stream destination, IProgress<ExportProgress>? progress, CancellationToken cancellation) =>
            _writer.Write(destination, _weights, written => progress?.Report(new ExportProgress(_model.Name, written, Length)), cancellation);

        public void Dispose() => _weights.Dispose();

        /// <summary>Says in the file itself where its weights are from.</summary>
        private void Label(RepeatedField<StringStringEntryProto> metadata, ExportOptions options)
        {
            metadata.Add(new StringStringEntryProto { Key = "pinion.zoo.model", Value = _model.Name });
            metadata.Add(new StringStringEntryProto
            {
                Key = "pinion.zoo.weights",
                Value = options.WeightsFile is { } file
                    ? $"file {Path.GetFileName(file)}"
                    : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"not trained, from seed {options.Seed}"),
            });
        }
    }
}
