using Pinion.Cli.Measuring;

namespace Pinion.Cli;

/// <summary>A session's slots, all with one variant, as the measuring loop sees them.</summary>
internal sealed class SessionSlots : IInferenceSlots
{
    private readonly SessionSlot[] _slots;
    private readonly ShapeVariant _variant;

    public SessionSlots(Session session, ShapeVariant variant)
    {
        _slots = [.. session.Slots];
        _variant = variant;
    }

    public int Count => _slots.Length;

    public void Run(int slot) => _slots[slot].Run(_variant);

    public void Enqueue(int slot) => _slots[slot].Enqueue(_variant);

    public void Wait(int slot) => _slots[slot].Wait();

    public RunTimes Times(int slot)
    {
        Timings times = _slots[slot].Timings;
        return new RunTimes(times.HostToDeviceMs, times.GpuComputeMs, times.DeviceToHostMs, times.EnqueueMs, times.StartNanoseconds, times.DoneNanoseconds);
    }
}
