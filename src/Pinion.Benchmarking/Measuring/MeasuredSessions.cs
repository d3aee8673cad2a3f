namespace Pinion.Benchmarking;

/// <summary>Sessions with their shapes set, as the measuring loop sees them.</summary>
internal sealed class MeasuredSessions(IReadOnlyList<Session> sessions) : IMeasuredSessions
{
    private readonly SessionSlot[] _slots = [.. sessions.Select(s => s.Slots[0])];

    public int Count => _slots.Length;

    public void Run(int session) => _slots[session].Run();

    public void Enqueue(int session) => _slots[session].Enqueue();

    public void Wait(int session) => _slots[session].Wait();

    public RunTimes Times(int session)
    {
        Timings times = _slots[session].Timings;
        return new RunTimes(times.HostToDeviceMs, times.GpuComputeMs, times.DeviceToHostMs, times.EnqueueMs, times.StartNanoseconds, times.DoneNanoseconds);
    }
}
