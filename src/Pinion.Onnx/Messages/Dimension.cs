namespace Pinion.Onnx;

/// <content>Shapes are written as numbers and names: <c>"batch", 3, 224, 224</c>.</content>
public sealed partial class TensorShapeProto
{
    /// <content>Holds the dimension's type.</content>
    public static partial class Types
    {
        /// <content>A number or the name of a dimension that is open.</content>
        public sealed partial class Dimension
        {
            /// <summary>A fixed dimension.</summary>
            public static implicit operator Dimension(long size) => new() { DimValue = size };

            /// <summary>An open dimension; those of one name are equal.</summary>
            public static implicit operator Dimension(string name) => new() { DimParam = name };
        }
    }
}
