namespace Pinion.Hosting;

/// <summary>The instances of a version: who is free, who is at work and who is out. Decisions only, under the model's lock.</summary>
/// <param name="all">The instances.</param>
/// <param name="devices">How many devices they are on.</param>
/// <param name="sizes">The batches that they have made ready.</param>
/// <param name="waitingLimit">Rows that may wait for them.</param>
internal sealed class InstancePool(Instance[] all, int devices, BatchSizes sizes, long waitingLimit)
{
    public Instance[] All => all;

    public BatchSizes Sizes => sizes;

    public long WaitingLimit => waitingLimit;

    /// <summary>Instances at work, by their devices' places in the settings.</summary>
    public int[] Busy { get; } = new int[devices];

    /// <summary>Instances that are out.</summary>
    public int Out { get; private set; }

    /// <summary>Why the latest of them is out.</summary>
    public string? OutReason { get; set; }

    public bool AreAllOut => Out == all.Length;

    /// <summary>How long the latest replacement of a session took, in ticks.</summary>
    public long RepairTicks { get; set; }

    /// <summary>An idle instance of the device with the fewest at work.</summary>
    public Instance? FindIdle()
    {
        Instance? best = null;
        foreach (Instance instance in all)
        {
            if (instance.State == InstanceState.Idle && (best is null || Busy[instance.Place] < Busy[best.Place]))
            {
                best = instance;
            }
        }

        return best;
    }

    /// <summary>An idle instance takes a batch, whose requests are in their places.</summary>
    public void Begin(Instance instance, ShapeGroup group, int count, int rows, long now)
    {
        instance.Batch.Begin(group, count, rows, now);
        instance.State = InstanceState.Busy;
        Busy[instance.Place]++;
    }

    /// <summary>The batch is off the instance, which is idle again.</summary>
    public void End(Instance instance)
    {
        instance.Batch.Clear();
        Busy[instance.Place]--;
        instance.State = InstanceState.Idle;
    }

    /// <summary>An idle instance's session is to be replaced.</summary>
    public static void BeginRepair(Instance instance, long now) => (instance.State, instance.RepairStartedAt) = (InstanceState.Repairing, now);

    /// <summary>An instance does not work until it is put back.</summary>
    public void TakeOut(Instance instance, string reason)
    {
        instance.State = InstanceState.Out;
        OutReason = reason;
        Out++;
    }

    /// <summary>An instance that was out or repaired is idle.</summary>
    public void PutBack(Instance instance)
    {
        Out -= instance.State == InstanceState.Out ? 1 : 0;
        instance.State = InstanceState.Idle;
    }
}
