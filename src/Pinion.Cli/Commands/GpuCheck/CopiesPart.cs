using System.Diagnostics;

namespace Pinion.Cli;

/// <summary>How fast host memory reaches the device and comes back: pinned, and as any array is.</summary>
internal static class CopiesPart
{
    private const int MebiByte = 1 << 20;

    private static readonly int[] Sizes = [64 << 10, MebiByte, 16 * MebiByte, 64 * MebiByte];

    public static GpuCheckAnswer Run(GpuCheckSettings settings)
    {
        var results = new List<CopyBandwidth>();
        var wrong = new List<string>();
        foreach (int size in Sizes.Take(settings.Quick ? 2 : Sizes.Length))
        {
            using var device = new DeviceBuffer(size);
            using var pinned = new PinnedBuffer<byte>(size);
            results.Add(Measure("pinned", device, pinned.Span, settings, wrong));
            results.Add(Measure("pageable", device, new byte[size], settings, wrong));
        }

        return new GpuCheckAnswer { Copies = results, Failures = wrong };
    }

    private static CopyBandwidth Measure(string memory, DeviceBuffer device, Span<byte> host, GpuCheckSettings settings, List<string> wrong)
    {
        new Random(host.Length).NextBytes(host);
        ulong sent = Sum(host);
        (int copies, double toDevice) = Repeat(settings, host, span => device.CopyFrom<byte>(span));
        host.Clear();
        (_, double toHost) = Repeat(settings, host, span => device.CopyTo(span));
        if (Sum(host) != sent)
        {
            wrong.Add(FormattableString.Invariant($"{host.Length} bytes of {memory} memory came back from the device with other values."));
        }

        return new CopyBandwidth(memory, host.Length, copies, host.Length / toDevice / 1e9, host.Length / toHost / 1e9);
    }

    private delegate void Copy(Span<byte> host);

    /// <summary>The median of the seconds of a copy; the first, in which memory may be made, is not counted.</summary>
    private static (int Copies, double Seconds) Repeat(GpuCheckSettings settings, Span<byte> host, Copy copy)
    {
        const int Least = 5;
        copy(host);
        var times = new List<double>();
        long begin = Stopwatch.GetTimestamp();
        while (times.Count < Least || Stopwatch.GetElapsedTime(begin).TotalMilliseconds < settings.FigureMs(400))
        {
            long start = Stopwatch.GetTimestamp();
            copy(host);
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return (times.Count, Statistics.Median(Statistics.Sorted(times)));
    }

    /// <summary>Depends on every byte and its place.</summary>
    private static ulong Sum(ReadOnlySpan<byte> data)
    {
        ulong sum = 0;
        foreach (ulong word in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(data))
        {
            sum = (sum * 31) + word;
        }

        return sum;
    }
}
