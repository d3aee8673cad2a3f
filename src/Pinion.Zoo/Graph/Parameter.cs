using Pinion.Zoo.Onnx;

namespace Pinion.Zoo.Graph;

/// <summary>A tensor of the state dict: its exact name and shape, and how to make it up when no weights are given.</summary>
internal sealed record Parameter(string Name, IReadOnlyList<int> Shape, WeightInit Init)
{
    public long Elements { get; } = Shape.Aggregate(1L, (product, d) => product * d);

    public long Bytes => Elements * sizeof(float);

    /// <summary>The initializer without its data.</summary>
    public TensorProto ToTensorHeader()
    {
        var header = new TensorProto { Name = Name, DataType = (int)TensorProto.Types.DataType.Float };
        header.Dims.AddRange(Shape.Select(d => (long)d));
        return header;
    }
}
