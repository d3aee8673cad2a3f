namespace Pinion;

/// <summary>How an engine is run.</summary>
public sealed unsafe record SessionOptions
{
    /// <summary>The optimization profile to use. Default: 0.</summary>
    public int Profile { get; init; }

    /// <summary>How a thread waits for the device. Default: <see cref="WaitMode.Block"/>.</summary>
    public WaitMode WaitMode { get; init; }

    /// <summary>Whether runs replay a CUDA graph. Default: true; where capture fails, a warning is logged and runs are enqueued plainly.</summary>
    public bool UseGraph { get; init; } = true;

    /// <summary>The device's times are taken in every so many runs, the first one included; in none with 0. Other runs have host times only
    /// (<see cref="Timings.HasDeviceTimes"/>), and from 2 on each set of shapes has a second CUDA graph for them. Default: 1, every run.</summary>
    public int TimingInterval { get; init; } = 1;

    /// <summary>Whether inputs and outputs stay on the device, to measure compute alone. Default: false.</summary>
    public bool SkipTransfers { get; init; }

    /// <summary>Whether the stream has the highest priority. Default: false.</summary>
    public bool HighPriority { get; init; }

    /// <summary>Sets of input shapes kept ready beside those of <see cref="Session.Prepare"/> and the warm ones; beyond
    /// that the least recently used is given up. Default: 32.</summary>
    public int MaxShapes { get; init; } = 32;

    /// <summary>Device memory in bytes for those same sets of shapes; beyond it the least recently used are given up, though never the newest. Null, the default,
    /// leaves them to <see cref="MaxShapes"/>. <see cref="ShapeVariant.DeviceBytes"/> tells what one takes.</summary>
    public long? MaxShapeBytes { get; init; }

    /// <summary>Batches to prepare at once; other dimensions take the profile's optimum. Default: none.</summary>
    public IReadOnlyList<int> WarmBatches { get; init; } = [];

    /// <summary>Sets of input shapes, by name, to prepare at once. Default: none.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, TensorShape>> WarmShapes { get; init; } = [];

    internal void Validate(EngineTensors tensors)
    {
        Errors.ThrowIfUndefined(WaitMode);
        ArgumentOutOfRangeException.ThrowIfNegative(TimingInterval);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxShapes, 1);
        if (MaxShapeBytes is { } bytes)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1, nameof(MaxShapeBytes));
        }

        if (Profile < 0 || Profile >= tensors.Ranges.Length)
        {
            throw SessionErrors.NoSuchProfile(Profile, tensors.Ranges.Length);
        }

        ArgumentNullException.ThrowIfNull(WarmBatches);
        Errors.ThrowIfAnyNull(WarmShapes, nameof(WarmShapes));
    }

    internal pn_session_options ToNative() => new()
    {
        struct_size = (uint)sizeof(pn_session_options),
        profile = Profile,
        wait_mode = (int)WaitMode,
        disable_graph = UseGraph ? 0 : 1,
        timing_interval = TimingInterval > 0 ? TimingInterval : -1,
        skip_transfers = SkipTransfers ? 1 : 0,
        high_priority = HighPriority ? 1 : 0,
    };
}
