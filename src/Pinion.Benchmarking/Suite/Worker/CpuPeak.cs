using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Pinion.Benchmarking;

/// <summary>What the CPU can do at most, measured in under a second: fused multiply-adds in registers, and a stream through memory.</summary>
internal static class CpuPeak
{
    private const int Rounds = 6;
    private const int Chains = 10;
    private const int Steps = 4096;
    private const int StreamBytes = 96 << 20;
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(60);

    /// <param name="threads">As many as compute.</param>
    public static SuitePeak Measure(int threads)
    {
        double flops = Best(threads, static (_, until) => Multiply(until));
        float[][] memory = new float[threads][];
        Parallel(threads, i => Array.Fill(memory[i] = GC.AllocateUninitializedArray<float>(StreamBytes / sizeof(float) / Math.Max(threads / 4, 1)), 1f));
        double bytes = Best(threads, (i, until) => Read(memory[i], until));
        return new SuitePeak(flops, null, bytes, $"measured: fused multiply-adds and reads of memory by {threads} thread{(threads == 1 ? "" : "s")}");
    }

    /// <summary>The best of several rounds, by CPU time rather than by the clock: other load takes time away, not speed.</summary>
    private static double Best(int threads, Func<int, long, double> work)
    {
        double best = 0;
        for (int round = 0; round < Rounds; round++)
        {
            double[] amounts = new double[threads];
            TimeSpan used = Environment.CpuUsage.TotalTime;
            long until = Stopwatch.GetTimestamp() + (long)(Round.TotalSeconds * Stopwatch.Frequency);
            Parallel(threads, i => amounts[i] = work(i, until));
            double seconds = (Environment.CpuUsage.TotalTime - used).TotalSeconds;
            best = Math.Max(best, seconds > 0 ? amounts.Sum() / seconds * threads : 0);
        }

        return best;
    }

    private static void Parallel(int threads, Action<int> work)
    {
        var all = new Thread[threads];
        for (int i = 0; i < threads; i++)
        {
            int index = i;
            (all[i] = new Thread(() => work(index)) { IsBackground = true }).Start();
        }

        foreach (Thread thread in all)
        {
            thread.Join();
        }
    }

    private static double Multiply(long until)
    {
        int width = Vector512.IsHardwareAccelerated ? Vector512<float>.Count : Vector256<float>.Count;
        double flops = 0;
        while (Stopwatch.GetTimestamp() < until)
        {
            // Used, so that the work cannot be left out.
            float sum = Vector512.IsHardwareAccelerated ? Chains512() : Chains256();
            flops += sum > 0 ? 2.0 * Steps * Chains * width : 0;
        }

        return flops;
    }

    // Independent chains, so that the latency of one addition hides behind the others. Called often and briefly: what the
    // compiler does at once with a method marked for it keeps fewer of them in registers than its second go.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Chains512()
    {
        Vector512<float> a = Vector512.Create(0.999f), b = Vector512.Create(0.001f);
        Vector512<float> c0 = a, c1 = a, c2 = a, c3 = a, c4 = a, c5 = a, c6 = a, c7 = a, c8 = a, c9 = a;
        for (int i = 0; i < Steps; i++)
        {
            c0 = Vector512.FusedMultiplyAdd(c0, a, b);
            c1 = Vector512.FusedMultiplyAdd(c1, a, b);
            c2 = Vector512.FusedMultiplyAdd(c2, a, b);
            c3 = Vector512.FusedMultiplyAdd(c3, a, b);
            c4 = Vector512.FusedMultiplyAdd(c4, a, b);
            c5 = Vector512.FusedMultiplyAdd(c5, a, b);
            c6 = Vector512.FusedMultiplyAdd(c6, a, b);
            c7 = Vector512.FusedMultiplyAdd(c7, a, b);
            c8 = Vector512.FusedMultiplyAdd(c8, a, b);
            c9 = Vector512.FusedMultiplyAdd(c9, a, b);
        }

        return Vector512.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Chains256()
    {
        Vector256<float> a = Vector256.Create(0.999f), b = Vector256.Create(0.001f);
        Vector256<float> c0 = a, c1 = a, c2 = a, c3 = a, c4 = a, c5 = a, c6 = a, c7 = a, c8 = a, c9 = a;
        for (int i = 0; i < Steps; i++)
        {
            c0 = Vector256.FusedMultiplyAdd(c0, a, b);
            c1 = Vector256.FusedMultiplyAdd(c1, a, b);
            c2 = Vector256.FusedMultiplyAdd(c2, a, b);
            c3 = Vector256.FusedMultiplyAdd(c3, a, b);
            c4 = Vector256.FusedMultiplyAdd(c4, a, b);
            c5 = Vector256.FusedMultiplyAdd(c5, a, b);
            c6 = Vector256.FusedMultiplyAdd(c6, a, b);
            c7 = Vector256.FusedMultiplyAdd(c7, a, b);
            c8 = Vector256.FusedMultiplyAdd(c8, a, b);
            c9 = Vector256.FusedMultiplyAdd(c9, a, b);
        }

        return Vector256.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9);
    }

    /// <summary>Bytes read; a piece of the array between two looks at the clock.</summary>
    private static double Read(float[] memory, long until)
    {
        const int Piece = 1 << 18;
        double bytes = 0;
        int at = 0;
        while (Stopwatch.GetTimestamp() < until)
        {
            int length = Math.Min(Piece, memory.Length - at);
            bytes += Sum(memory.AsSpan(at, length)) > 0 ? (double)length * sizeof(float) : 0;
            at = at + length == memory.Length ? 0 : at + length;
        }

        return bytes;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Sum(ReadOnlySpan<float> values)
    {
        ReadOnlySpan<Vector<float>> all = MemoryMarshal.Cast<float, Vector<float>>(values);
        Vector<float> s0 = default, s1 = default, s2 = default, s3 = default;
        for (int i = 0; i + 4 <= all.Length; i += 4)
        {
            s0 += all[i];
            s1 += all[i + 1];
            s2 += all[i + 2];
            s3 += all[i + 3];
        }

        return Vector.Sum(s0 + s1 + s2 + s3);
    }
}
