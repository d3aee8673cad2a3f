namespace Pinion;

/// <summary>
/// Sessions of one engine, shared by any number of callers, first come, first served. A lease is one caller's session
/// for a while. Owner: the caller who made it. Threads: any. Renting and returning allocates nothing in a steady state.
/// </summary>
public sealed class SessionPool : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PooledSession[] _all;
    private readonly Stack<PooledSession> _idle;
    private readonly RentQueue _queue;
    private bool _disposed;

    /// <summary>Makes the sessions.</summary>
    /// <param name="engine">The engine that they run; it may be disposed after that.</param>
    /// <param name="size">How many there are, at least 1.</param>
    /// <param name="options">For every one.</param>
    public SessionPool(Engine engine, int size, SessionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        _queue = new RentQueue(this);
        _idle = new Stack<PooledSession>(size);
        var sessions = new List<PooledSession>(size);
        try
        {
            for (int i = 0; i < size; i++)
            {
                sessions.Add(new PooledSession(this, engine.CreateSession(options)));
            }
        }
        catch
        {
            sessions.ForEach(s => s.Session.Close());
            throw;
        }

        _all = [.. sessions];
        foreach (PooledSession session in _all)
        {
            _idle.Push(session);
        }
    }

    /// <summary>Sessions in all.</summary>
    public int Size => _all.Length;

    /// <summary>Sessions that nobody has.</summary>
    public int IdleCount
    {
        get
        {
            lock (_gate)
            {
                return _idle.Count;
            }
        }
    }

    /// <summary>Callers that wait for a session.</summary>
    public int WaitingCount
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Gives a session as soon as one is free, in the order of the calls. Dispose the lease to return it.</summary>
    /// <param name="cancellationToken">Ends the waiting; a lease that was given stays valid.</param>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The pool is disposed, before or while waiting.</exception>
    public ValueTask<SessionLease> RentAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<SessionLease>(cancellationToken);
        }

        RentQueue.Waiter waiter;
        lock (_gate)
        {
            Errors.ThrowIfDisposed(_disposed, this);
            if (_idle.TryPop(out PooledSession? session))
            {
                return new ValueTask<SessionLease>(session.Lease());
            }

            waiter = _queue.Enqueue();
        }

        return waiter.Start(cancellationToken);
    }

    /// <summary>As <see cref="RentAsync"/>, and blocks the thread while no session is free.</summary>
    /// <inheritdoc cref="RentAsync"/>
    public SessionLease Rent(CancellationToken cancellationToken = default)
    {
        ValueTask<SessionLease> lease = RentAsync(cancellationToken);
        return lease.IsCompletedSuccessfully ? lease.Result : lease.AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Gives a session if one is free. It does not overtake callers that wait.</summary>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    public bool TryRent(out SessionLease lease)
    {
        lock (_gate)
        {
            Errors.ThrowIfDisposed(_disposed, this);
            bool found = _idle.TryPop(out PooledSession? session);
            lease = found ? session!.Lease() : default;
            return found;
        }
    }

    /// <summary>Refuses waiting and new callers and frees the idle sessions. A session that is out on lease is freed when
    /// it is returned.</summary>
    public void Dispose()
    {
        PooledSession[] idle;
        RentQueue.Waiter? waiters;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            idle = [.. _idle];
            _idle.Clear();
            waiters = _queue.RemoveAll();
        }

        RentQueue.FailAll(waiters, () => Errors.Disposed(this));
        foreach (PooledSession session in idle)
        {
            session.Session.Close();
        }
    }

    internal void Return(PooledSession session)
    {
        try
        {
            session.Session.Reclaim();
        }
        finally
        {
            // A session that could not be reclaimed fails at its next use; a lost one would starve the pool.
            Hand(session);
        }
    }

    /// <summary>Takes a waiter out if it still waits; false if a lease or the pool's end came first.</summary>
    internal bool TryRemove(RentQueue.Waiter waiter)
    {
        lock (_gate)
        {
            return _queue.TryRemove(waiter);
        }
    }

    internal void Recycle(RentQueue.Waiter waiter)
    {
        lock (_gate)
        {
            _queue.Recycle(waiter);
        }
    }

    /// <summary>To the first who waits, else to the idle ones, else to its end.</summary>
    private void Hand(PooledSession session)
    {
        RentQueue.Waiter? waiter = null;
        bool isOver;
        lock (_gate)
        {
            isOver = _disposed;
            if (!isOver && (waiter = _queue.Dequeue()) is null)
            {
                _idle.Push(session);
            }
        }

        waiter?.Succeed(session.Lease());
        if (isOver)
        {
            session.Session.Close();
        }
    }
}
