namespace Pinion.Hosting;

/// <summary>
/// One of the sessions that a version runs on, as the scheduler sees it. State and batch change under the model's lock; the session
/// is used by whoever has moved the instance out of <see cref="InstanceState.Idle"/>, one thread at a time.
/// </summary>
internal sealed class Instance(int device, int place, int maxRows)
{
    public int Device { get; } = device;

    /// <summary>The index of its device among those of the settings.</summary>
    public int Place { get; } = place;

    public ModelVersion Version { get; init; } = null!;

    public BatchSession Session { get; init; } = null!;

    public InstanceState State { get; set; }

    /// <summary>Runs that failed since the last one that did not.</summary>
    public int Failures { get; set; }

    public Batch Batch { get; } = new(maxRows);

    /// <summary>When the replacement of its session began, in ticks of the model's clock.</summary>
    public long RepairStartedAt { get; set; }

    /// <summary>The next in a chain of those to be started.</summary>
    public Instance? NextToStart { get; set; }
}

internal enum InstanceState
{
    /// <summary>It waits for a batch.</summary>
    Idle,

    /// <summary>It has a batch.</summary>
    Busy,

    /// <summary>Its session prepares shapes that came with requests, or gives some up.</summary>
    Upkeep,

    /// <summary>Its session is being replaced after a failed run.</summary>
    Repairing,

    /// <summary>Its engine is being loaded anew.</summary>
    Out,

    /// <summary>It is being freed, or has been.</summary>
    Closed,
}
