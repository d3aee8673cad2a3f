namespace Pinion;

/// <summary>Callers that wait for a session, in order. Waiters are reused. All but the waiters' own members under the pool's lock.</summary>
internal sealed class RentQueue(SessionPool pool)
{
    private readonly Stack<Waiter> _spare = new();
    private Waiter? _first;
    private Waiter? _last;

    internal int Count { get; private set; }

    internal Waiter Enqueue()
    {
        Waiter waiter = _spare.TryPop(out Waiter? spare) ? spare : new Waiter(pool);
        waiter.IsQueued = true;
        waiter.Previous = _last;
        if (_last is null)
        {
            _first = waiter;
        }
        else
        {
            _last.Next = waiter;
        }

        _last = waiter;
        Count++;
        return waiter;
    }

    internal Waiter? Dequeue()
    {
        Waiter? waiter = _first;
        if (waiter is not null)
        {
            TryRemove(waiter);
        }

        return waiter;
    }

    internal bool TryRemove(Waiter waiter)
    {
        if (!waiter.IsQueued)
        {
            return false;
        }

        if (waiter.Previous is null)
        {
            _first = waiter.Next;
        }
        else
        {
            waiter.Previous.Next = waiter.Next;
        }

        if (waiter.Next is null)
        {
            _last = waiter.Previous;
        }
        else
        {
            waiter.Next.Previous = waiter.Previous;
        }

        (waiter.Previous, waiter.Next, waiter.IsQueued) = (null, null, false);
        Count--;
        return true;
    }

    /// <summary>Empties the queue and gives its waiters, chained.</summary>
    internal Waiter? RemoveAll()
    {
        Waiter? first = _first;
        for (Waiter? waiter = first; waiter is not null; waiter = waiter.Next)
        {
            waiter.IsQueued = false;
        }

        (_first, _last, Count) = (null, null, 0);
        return first;
    }

    internal void Recycle(Waiter waiter) => _spare.Push(waiter);

    /// <summary>Outside the lock: a waiter's end runs foreign code.</summary>
    internal static void FailAll(Waiter? first, Func<Exception> makeException)
    {
        while (first is not null)
        {
            Waiter waiter = first;
            (first, waiter.Previous, waiter.Next) = (waiter.Next, null, null);
            waiter.Fail(makeException());
        }
    }

    internal sealed class Waiter(SessionPool pool) : ReusableTaskSource<SessionLease>
    {
        internal Waiter? Previous { get; set; }

        internal Waiter? Next { get; set; }

        internal bool IsQueued { get; set; }

        internal ValueTask<SessionLease> Start(CancellationToken cancellation)
        {
            ValueTask<SessionLease> task = Task;
            Watch(cancellation);
            return task;
        }

        protected override void OnTaken() => pool.Recycle(this);

        protected override void OnCancelled(CancellationToken token)
        {
            if (pool.TryRemove(this))
            {
                Fail(new OperationCanceledException(token));
            }
        }
    }
}
