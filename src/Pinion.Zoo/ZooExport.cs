using Google.Protobuf.Collections;
using Pinion.Onnx;

namespace Pinion.Zoo;

/// <summary>A model that is ready to be written; made by <see cref="ZooExporter.Prepare"/>. Threads: one at a time.</summary>
public sealed class ZooExport : IDisposable
{
    private readonly ZooModel _model;
    private readonly IWeightSource _weights;
    private readonly OnnxModel _onnx;
    private readonly int _tensors;

    internal ZooExport(string name, ExportOptions options, CancellationToken cancellation)
    {
        options.Validate();
        _model = ZooCatalog.Get(name);
        GraphBuilder graph = NetworkTable.Build(_model.Network, _model.Name, options.Opset, options.Batch, options.Softmax);
        Label(graph.Model.Proto.MetadataProps, options);
        _onnx = graph.Model;
        Length = _onnx.Length;
        _tensors = graph.Parameters.Count;
        _weights = options.WeightsFile is { } file ? PdparamsFile.Open(file, _model.Name, cancellation) : new SeededWeights(options.Seed);
        graph.Weights = _weights;
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

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    /// <summary>What will be written.</summary>
    public ExportResult Result => new(_model.Name, Length, _tensors);

    /// <summary>Writes the model to a stream, front to back; the stream need not seek, and stays open.</summary>
    /// <param name="destination">The stream to write to.</param>
    /// <param name="progress">Hears of every piece that is written.</param>
    /// <param name="cancellation">Stops the writing, with part of the file written.</param>
    /// <exception cref="WeightsFileException">The weights file cannot be read any more.</exception>
    public void Write(Stream destination, IProgress<ExportProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        _onnx.Write(destination, written => progress?.Report(new ExportProgress(_model.Name, written, Length)), cancellation);
    }

    /// <summary>Closes the weights file.</summary>
    public void Dispose() => _weights.Dispose();

    /// <summary>Says in the file itself what it is, how its images are made, what its classes are, and where its weights are from.</summary>
    private void Label(RepeatedField<StringStringEntryProto> metadata, ExportOptions options)
    {
        foreach ((string key, string value) in ZooMetadata.Of(_model.Name))
        {
            metadata.Add(new StringStringEntryProto { Key = key, Value = value });
        }

        metadata.Add(new StringStringEntryProto
        {
            Key = ZooMetadata.Weights,
            Value = options.WeightsFile is { } file
                ? $"file {Path.GetFileName(file)}"
                : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"not trained, from seed {options.Seed}"),
        });
    }
}
