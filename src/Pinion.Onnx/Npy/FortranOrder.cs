namespace Pinion.Onnx;

/// <summary>Turns column-major (Fortran) data into the row-major order that most libraries use.</summary>
internal static class FortranOrder
{
    public static void ToRowMajor(ReadOnlySpan<byte> source, Span<byte> destination, ReadOnlySpan<long> shape, int elementBytes)
    {
        Span<long> strides = stackalloc long[shape.Length];
        Span<long> index = stackalloc long[shape.Length];
        index.Clear();
        long stride = elementBytes;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }

        long from = 0;
        for (int to = 0; to < destination.Length; to += elementBytes)
        {
            source.Slice((int)from, elementBytes).CopyTo(destination[to..]);
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                from += strides[axis];
                if (++index[axis] < shape[axis])
                {
                    break;
                }

                from -= strides[axis] * shape[axis];
                index[axis] = 0;
            }
        }
    }
}
