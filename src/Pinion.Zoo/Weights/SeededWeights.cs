using System.Text;

namespace Pinion.Zoo;

/// <summary>
/// Weights made up from a seed: a value depends on the seed, the tensor's name and the element's index, and on nothing
/// else. Integer hashing, then one IEEE multiplication and addition: the same bits on every machine.
/// </summary>
internal sealed class SeededWeights(int seed) : IWeightSource
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private const double SmallestVariance = 1e-6;
    private const double LargestSmallVariance = 1e-4;

    public void Check(IReadOnlyList<Parameter> parameters)
    {
    }

    public void Dispose()
    {
    }

    public void Read(Parameter parameter, long offset, Span<float> elements)
    {
        WeightInit init = parameter.Init;
        if (init.BatchNorm is { } batchNorm)
        {
            BatchNorm(init, batchNorm, parameter.Name, offset, elements);
        }
        else if (init.ZeroSumRow > 1)
        {
            ZeroSum(Key(parameter.Name), offset, init.ZeroSumRow, (float)(init.HalfWidth / Math.Sqrt(2) / 0x80000000), elements);
        }
        else
        {
            Uniform(Key(parameter.Name), offset, (float)init.Centre, (float)(init.HalfWidth / 0x80000000), elements);
        }
    }

    /// <summary>A number from the whole range of an int. Two come from each hash, the low half first.</summary>
    private static int Draw(ulong key, long index) => (int)(Hash(key, index / 2) >> (index % 2 == 0 ? 0 : 32));

    private static void Uniform(ulong key, long offset, float centre, float step, Span<float> elements)
    {
        int i = 0;
        if (offset % 2 != 0 && elements.Length > 0)
        {
            elements[i++] = centre + step * Draw(key, offset);
        }

        for (; i + 1 < elements.Length; i += 2)
        {
            ulong bits = Hash(key, (offset + i) / 2);
            elements[i] = centre + step * (int)bits;
            elements[i + 1] = centre + step * (int)(bits >> 32);
        }

        if (i < elements.Length)
        {
            elements[i] = centre + step * Draw(key, offset + i);
        }
    }

    /// <summary>Each element is its number less the next one's, the last one's next being the row's first.</summary>
    private static void ZeroSum(ulong key, long offset, int row, float step, Span<float> elements)
    {
        int place = (int)(offset % row);
        int first = Draw(key, offset - place);
        int current = Draw(key, offset);
        // One hash serves two draws, the second of which waits here.
        ulong bits = Hash(key, (offset + 1) / 2);
        for (int i = 0; i < elements.Length; ++i)
        {
            long index = offset + i + 1;
            if (index % 2 == 0)
            {
                bits = Hash(key, index / 2);
            }

            int drawn = index % 2 == 0 ? (int)bits : (int)(bits >> 32);
            bool last = ++place == row;
            elements[i] = step * ((long)current - (last ? first : drawn));
            current = drawn;
            if (last)
            {
                place = 0;
                first = drawn;
            }
        }
    }

    private void BatchNorm(WeightInit init, string batchNorm, string name, long offset, Span<float> elements)
    {
        ulong variances = Key($"{batchNorm}:variance");
        ulong key = Key(name);
        for (int i = 0; i < elements.Length; ++i)
        {
            double variance = Variance(Hash(variances, offset + i));
            double around = init.Centre + init.HalfWidth * (int)Hash(key, offset + i) / 0x80000000;
            elements[i] = (float)(init.IsVariance ? variance : around * Math.Sqrt(variance + GraphBuilder.BatchNormEpsilon));
        }
    }

    /// <summary>0.5 to 1.5, but for one in eight: 1e-6 to 1e-4, crowded towards the small end.</summary>
    private static double Variance(ulong bits)
    {
        double unit = (bits >> 32) / 4294967296.0;
        return bits % 8 == 0
            ? SmallestVariance + unit * unit * unit * (LargestSmallVariance - SmallestVariance)
            : 0.5 + unit;
    }

    /// <summary>FNV-1a over the name, mixed with the seed.</summary>
    private ulong Key(string name)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ b) * 0x100000001B3;
        }

        return Hash(hash, seed);
    }

    /// <summary>SplitMix64's output function at a position of its sequence.</summary>
    private static ulong Hash(ulong key, long index)
    {
        ulong z = key + ((ulong)index + 1) * Golden;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
