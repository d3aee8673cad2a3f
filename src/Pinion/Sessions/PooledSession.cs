namespace Pinion;

/// <summary>A session of a pool, and the number of the lease that may use it.</summary>
internal sealed class PooledSession
{
    private readonly SessionPool _pool;
    private int _lease;

    internal PooledSession(SessionPool pool, Session session)
    {
        _pool = pool;
        Session = session;
        session.IsPooled = true;
    }

    internal Session Session { get; }

    internal SessionLease Lease() => new(this, Volatile.Read(ref _lease));

    internal bool IsValid(int lease) => Volatile.Read(ref _lease) == lease;

    /// <summary>Ends a lease. Only the first call for it does anything.</summary>
    internal void Return(int lease)
    {
        if (Interlocked.CompareExchange(ref _lease, unchecked(lease + 1), lease) == lease)
        {
            _pool.Return(this);
        }
    }
}
