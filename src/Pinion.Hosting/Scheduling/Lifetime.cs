namespace Pinion.Hosting;

/// <summary>
/// How far a model is on its way out: it serves, then stops (new requests are refused), then has no time left (what waits is refused as
/// well, and what fails is not run again), then is closed. Never back. Written under the model's lock.
/// </summary>
internal sealed class Lifetime : IDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isStopping;

    /// <summary>Whether new requests are refused. Read without the lock as well.</summary>
    public bool IsStopping => _isStopping;

    /// <summary>Whether what waits is refused, and what fails is not run again.</summary>
    public bool IsOutOfTime { get; private set; }

    public bool IsClosed { get; private set; }

    /// <summary>Over once the model is stopping and every request is answered.</summary>
    public Task Drained => _drained.Task;

    /// <summary>Cancelled when the model is being freed: loading has lost its meaning.</summary>
    public CancellationToken Closing => _closing.Token;

    public void Stop() => _isStopping = true;

    /// <summary>Stops as well, if that was not done before.</summary>
    public void EndTime() => (_isStopping, IsOutOfTime) = (true, true);

    /// <summary>True for the one caller who is to free the model.</summary>
    public bool TryClose() => !IsClosed && (IsClosed = true);

    /// <summary>Ends what is being loaded. Without the lock.</summary>
    public Task CancelLoadingAsync() => _closing.IsCancellationRequested ? Task.CompletedTask : _closing.CancelAsync();

    /// <summary>To be called when a request was answered, and when the model begins to stop.</summary>
    /// <param name="unanswered">Requests that wait or run.</param>
    public void SignalIfDrained(int unanswered)
    {
        if (IsStopping && unanswered == 0)
        {
            _drained.TrySetResult();
        }
    }

    public void ThrowIfStopping(string model)
    {
        if (IsStopping)
        {
            throw new InvalidOperationException($"Model '{model}' is being stopped, or has been: load it anew.");
        }
    }

    public void Dispose() => _closing.Dispose();
}
