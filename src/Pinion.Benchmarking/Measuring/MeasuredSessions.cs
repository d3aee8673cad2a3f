namespace Pinion.Benchmarking;

/// <summary>Sessions with their shapes set, as the measuring loop sees them.</summary>
internal sealed class MeasuredSessions(IReadOnlyList<Session> sessions) : IMeasuredSessions
{
    private readonly Session[] _sessions = [.. sessions];

    public int Count => _sessions.Length;

    public void Run(int session) => _sessions[session].Run();

    public void Enqueue(int session) => _sessions[session].Enqueue();

    public void Wait(int session) => _sessions[session].Wait();

    public RunTimes Times(int session)
    {
        Timings times = _sessions[session].Timings;
        return new RunTimes(times.HostToDeviceMs, times.GpuComputeMs, times.DeviceToHostMs, times.EnqueueMs, times.StartNanoseconds, times.DoneNanoseconds);
    }
}
