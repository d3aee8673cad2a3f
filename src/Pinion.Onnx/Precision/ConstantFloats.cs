using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Pinion.Onnx;

/// <summary>Reads constants of FP32 in pieces, wherever their elements are. Threads: one at a time.</summary>
internal sealed class ConstantFloats(OnnxWeightFiles files, Action<long> read, CancellationToken cancellation)
{
    private const int PieceElements = 64 * 1024;

    private readonly float[] _piece = new float[PieceElements];

    /// <summary>The largest magnitude that is finite; 0 where there is none.</summary>
    public float Magnitude(TensorProto tensor)
    {
        float largest = 0;
        long elements = Elements(tensor);
        for (long first = 0; first < elements; first += PieceElements)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<float> piece = _piece.AsSpan(0, (int)Math.Min(PieceElements, elements - first));
            Read(tensor, first, piece);
            read(piece.Length * sizeof(float));
            float found = Math.Abs(TensorPrimitives.MaxMagnitudeNumber<float>(piece));
            if (!float.IsFinite(found))
            {
                found = 0;
                foreach (float value in piece)
                {
                    found = float.IsFinite(value) ? Math.Max(found, Math.Abs(value)) : found;
                }
            }

            largest = Math.Max(largest, found);
        }

        return largest;
    }

    /// <summary>The largest magnitude in a small list of whole numbers or doubles; null where it is something else.</summary>
    public static float? SmallMagnitude(TensorProto tensor) => (OnnxType)tensor.DataType == OnnxType.Float64
        ? Enumerable.Range(0, tensor.RawData.Length / sizeof(double)).Max(i => (float?)Math.Abs(System.Buffers.Binary.BinaryPrimitives.ReadDoubleLittleEndian(tensor.RawData.Span[(i * sizeof(double))..])))
        : OnnxTensors.Read(tensor).Integers?.Max(v => v is { } whole ? (float?)Math.Abs((double)whole) : null);

    /// <summary>All elements, for what is small.</summary>
    public float[] ReadAll(TensorProto tensor)
    {
        float[] values = new float[Elements(tensor)];
        Read(tensor, 0, values);
        return values;
    }

    /// <summary>The elements from one on.</summary>
    /// <exception cref="InvalidDataException">The tensor has not as many as its shape says.</exception>
    public void Read(TensorProto tensor, long first, Span<float> values)
    {
        if (OnnxWeightFiles.IsOutside(tensor))
        {
            Span<byte> bytes = MemoryMarshal.AsBytes(values);
            files.Read(tensor, first * sizeof(float), bytes);
            if (!BitConverter.IsLittleEndian)
            {
                Span<uint> words = MemoryMarshal.Cast<float, uint>(values);
                System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(words, words);
            }

            return;
        }

        long elements = Elements(tensor);
        if ((tensor.HasRawData ? tensor.RawData.Length : tensor.FloatData.Count * (long)sizeof(float)) != elements * sizeof(float))
        {
            throw new InvalidDataException($"tensor '{tensor.Name}' of shape [{string.Join(',', tensor.Dims)}] does not have its {elements} elements");
        }

        for (int i = 0; i < values.Length; i++)
        {
            int index = (int)first + i;
            values[i] = tensor.HasRawData
                ? System.Buffers.Binary.BinaryPrimitives.ReadSingleLittleEndian(tensor.RawData.Span[(index * sizeof(float))..]) : tensor.FloatData[index];
        }
    }

    /// <summary>Gives a model weights, whose data is read in pieces when it is written.</summary>
    /// <exception cref="InvalidDataException">The data of one cannot be found.</exception>
    public void AddTo(OnnxModel model, IEnumerable<StreamedWeight> weights)
    {
        float[] halves = [];
        foreach (StreamedWeight weight in weights)
        {
            files.Check(weight.Source);
            model.Weight(weight.Header, (offset, bytes) =>
            {
                switch (weight.Form)
                {
                    case WeightForm.Half:
                        halves = halves.Length > 0 ? halves : new float[OnnxModel.PieceBytes / sizeof(ushort)];
                        Span<float> piece = halves.AsSpan(0, bytes.Length / sizeof(ushort));
                        Read(weight.Source, offset / sizeof(ushort), piece);
                        HalfBytes.Write(piece, MemoryMarshal.Cast<byte, Half>(bytes));
                        read(bytes.Length * 2);
                        break;
                    case WeightForm.Rounded:
                        files.Read(weight.Source, offset, bytes);
                        HalfBytes.Round(bytes);
                        read(bytes.Length);
                        break;
                    default:
                        files.Read(weight.Source, offset, bytes);
                        read(bytes.Length);
                        break;
                }
            });
        }
    }

    public static long Elements(TensorProto tensor) => OnnxWeightFiles.Bytes(tensor) / sizeof(float);
}
