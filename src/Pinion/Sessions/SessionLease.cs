namespace Pinion;

/// <summary>
/// A session of a pool, the caller's until the lease is disposed. Its shapes are unset at the start; spans must not be used
/// after the end. Disposing twice, or a copy of it, does nothing.
/// </summary>
public readonly struct SessionLease : IDisposable, IEquatable<SessionLease>
{
    private readonly PooledSession? _pooled;
    private readonly int _lease;

    internal SessionLease(PooledSession pooled, int lease)
    {
        _pooled = pooled;
        _lease = lease;
    }

    /// <summary>The session.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed, or never given.</exception>
    public Session Session => _pooled is not null && _pooled.IsValid(_lease) ? _pooled.Session : throw SessionErrors.LeaseEnded();

    /// <summary>Whether both are the same lease.</summary>
    public static bool operator ==(SessionLease left, SessionLease right) => left.Equals(right);

    /// <summary>Whether they are different leases.</summary>
    public static bool operator !=(SessionLease left, SessionLease right) => !left.Equals(right);

    /// <summary>Returns the session to the pool. Waits for work in flight; its result is lost.</summary>
    public void Dispose() => _pooled?.Return(_lease);

    /// <inheritdoc/>
    public bool Equals(SessionLease other) => ReferenceEquals(_pooled, other._pooled) && _lease == other._lease;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SessionLease other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_pooled, _lease);
}
