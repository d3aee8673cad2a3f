namespace Pinion;

/// <summary>
/// Times of one inference, in trtexec's terms: the first three are differences of CUDA events. Taken natively, so that a
/// pause of the garbage collector shows as managed time, never as device time.
/// </summary>
public readonly record struct Timings
{
    /// <summary>Whether the device's three times were taken in this run (<see cref="SessionOptions.TimingInterval"/>).</summary>
    public bool HasDeviceTimes { get; init; }

    /// <summary>Copy of the inputs to the device; 0 if not measured.</summary>
    public float HostToDeviceMs { get; init; }

    /// <summary>Computation on the device; 0 if not measured.</summary>
    public float GpuComputeMs { get; init; }

    /// <summary>Copy of the outputs to the host; 0 if not measured.</summary>
    public float DeviceToHostMs { get; init; }

    /// <summary>Host time around the enqueue or the graph launch.</summary>
    public float EnqueueMs { get; init; }

    /// <summary>From the entry of the native call until completion was seen by a native thread.</summary>
    public double NativeWallMs { get; init; }

    /// <summary>From the C# call until the output is readable in C#.</summary>
    public double WallMs { get; init; }

    /// <summary>Whether a CUDA graph was replayed.</summary>
    public bool UsedGraph { get; init; }

    /// <summary>Entry of the native call, in nanoseconds of the monotonic clock.</summary>
    public long StartNanoseconds { get; init; }

    /// <summary>When everything was in the stream, in nanoseconds of the monotonic clock.</summary>
    public long EnqueuedNanoseconds { get; init; }

    /// <summary>When completion was seen, in nanoseconds of the monotonic clock.</summary>
    public long DoneNanoseconds { get; init; }

    /// <summary>trtexec's latency: the sum of copy in, compute and copy out. It is no wall time.</summary>
    public float LatencyMs => HostToDeviceMs + GpuComputeMs + DeviceToHostMs;

    /// <summary>What C# adds to the native wall time: the call itself, a GC pause, the hop to a thread of the pool.</summary>
    public double ManagedMs => WallMs - NativeWallMs;

    internal static Timings From(in pn_timings native, double wallMs) => new()
    {
        HasDeviceTimes = native.has_device_times != 0,
        HostToDeviceMs = native.h2d_ms,
        GpuComputeMs = native.compute_ms,
        DeviceToHostMs = native.d2h_ms,
        EnqueueMs = native.enqueue_ms,
        NativeWallMs = (native.done_ns - native.start_ns) / 1e6,
        WallMs = wallMs,
        UsedGraph = native.used_graph != 0,
        StartNanoseconds = native.start_ns,
        EnqueuedNanoseconds = native.enqueued_ns,
        DoneNanoseconds = native.done_ns,
    };
}
