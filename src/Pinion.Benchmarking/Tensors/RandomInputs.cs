namespace Pinion.Benchmarking;

/// <summary>
/// Input values drawn uniformly from a seed, the same on every machine: SplitMix64 started from the seed and the FNV-1a hash
/// of the tensor's name, one 64-bit draw per element. Floating point is in [-1, 1), as trtexec draws it, on a grid that the type
/// holds exactly; int32 and int64 are in [0, 128), so that they can be indices; int8, uint8 and bool use their whole range.
/// </summary>
public static class RandomInputs
{
    /// <summary>Writes values into an input's memory.</summary>
    /// <param name="input">The input.</param>
    /// <param name="destination">Its memory, such as <see cref="Session.Input{T}"/> gives.</param>
    /// <param name="seed">The same seed and name give the same values on every machine.</param>
    /// <exception cref="BenchmarkSettingException">No values are drawn for this type, or for shape tensors.</exception>
    public static void Fill(TensorInfo input, Span<byte> destination, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.IsShapeTensor)
        {
            throw new BenchmarkSettingException(
                $"Input '{input.Name}' is a shape tensor: its values decide other shapes, so none are drawn; give it with {BenchmarkSetting.Input} {input.Name}=FILE.npy.");
        }

        Fill(input.DataType, destination, seed, input.Name);
    }

    /// <summary>Writes values into a tensor's memory, little endian.</summary>
    /// <param name="type">The type of its elements.</param>
    /// <param name="destination">Whole elements.</param>
    /// <param name="seed">The same seed and name give the same values on every machine.</param>
    /// <param name="tensor">The tensor's name.</param>
    /// <exception cref="BenchmarkSettingException">No values are drawn for this type.</exception>
    public static void Fill(TensorDataType type, Span<byte> destination, ulong seed, string tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (!SeededValues.Fill(type, destination, seed, tensor))
        {
            throw new BenchmarkSettingException($"Input '{tensor}' is {type}, for which no values are drawn; give it with {BenchmarkSetting.Input} {tensor}=FILE.npy.");
        }
    }
}
