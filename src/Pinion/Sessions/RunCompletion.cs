using System.Threading.Tasks.Sources;

namespace Pinion;

/// <summary>The one reusable task source of a slot: a run allocates nothing.</summary>
internal sealed class RunCompletion : IValueTaskSource
{
    private readonly SessionSlot _slot;

    // The watcher thread belongs to the native layer: user code must not run on it.
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };

    internal RunCompletion(SessionSlot slot) => _slot = slot;

    internal ValueTask Start()
    {
        _core.Reset();
        return new ValueTask(this, _core.Version);
    }

    internal void Succeed() => _core.SetResult(true);

    internal void Fail(Exception exception) => _core.SetException(exception);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    public void GetResult(short token)
    {
        bool isThisRun = token == _core.Version;
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            if (isThisRun)
            {
                _slot.Consume(this);
            }
        }
    }
}
