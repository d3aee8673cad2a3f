using System.Threading.Tasks.Sources;

namespace Pinion;

/// <summary>
/// The source of one ValueTask after another, so that waiting allocates nothing. One use: <see cref="Task"/> is given out,
/// <see cref="Succeed"/> or <see cref="Fail"/> is called once, one await takes the result; then <see cref="OnTaken"/> may
/// give it to the next user. A task of a former use is refused.
/// </summary>
internal abstract class ReusableTaskSource<T> : IValueTaskSource<T>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<T> _core;
    private CancellationTokenRegistration _cancellation;

    /// <summary>Of the use in progress. It may be over before this is read: nobody takes its result before the task is out.</summary>
    public ValueTask<T> Task => new(this, _core.Version);

    /// <inheritdoc cref="Task"/>
    public ValueTask TaskWithoutResult => new(this, _core.Version);

    /// <summary>Whether the use in progress has its result.</summary>
    public bool IsCompleted => _core.GetStatus(_core.Version) != ValueTaskSourceStatus.Pending;

    /// <summary>Calls <see cref="OnCancelled"/> when the token is cancelled before the result is taken. Once in a use.</summary>
    public void Watch(CancellationToken token) =>
        _cancellation = token.UnsafeRegister(static (state, token) => ((ReusableTaskSource<T>)state!).OnCancelled(token), this);

    /// <summary>Wakes who awaits.</summary>
    /// <param name="result">What the await gives.</param>
    /// <param name="inline">Whether the continuation may run here, on a thread that has nothing else to do; else it runs
    /// on the pool or in the captured context.</param>
    public void Succeed(T result, bool inline = false)
    {
        _core.RunContinuationsAsynchronously = !inline;
        _core.SetResult(result);
    }

    /// <summary>Wakes who awaits, with an exception.</summary>
    /// <param name="exception">What the await throws.</param>
    /// <param name="inline">As for <see cref="Succeed"/>.</param>
    public void Fail(Exception exception, bool inline = false)
    {
        _core.RunContinuationsAsynchronously = !inline;
        _core.SetException(exception);
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    public T GetResult(short token)
    {
        bool isOver = token == _core.Version && IsCompleted;
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            if (isOver)
            {
                // Waits for a cancellation that is just running, so that it cannot hit the next user.
                _cancellation.Dispose();
                _cancellation = default;
                _core.Reset();
                OnTaken();
            }
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    /// <summary>The result was taken, on the thread of the await: from here on the source may be used again.</summary>
    protected abstract void OnTaken();

    /// <summary>The token of <see cref="Watch"/> was cancelled. Any thread, and at once where it is cancelled already.</summary>
    protected virtual void OnCancelled(CancellationToken token)
    {
    }
}
