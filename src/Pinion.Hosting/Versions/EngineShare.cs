namespace Pinion.Hosting;

/// <summary>An engine of a device that instances share; freed with the last of them. Threads: any.</summary>
internal sealed class EngineShare(Engine engine, int device)
{
    private int _users;

    public Engine Engine { get; } = engine;

    public int Device { get; } = device;

    public bool IsInUse => Volatile.Read(ref _users) > 0;

    public void Retain() => Interlocked.Increment(ref _users);

    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Engine.Dispose();
        }
    }
}
