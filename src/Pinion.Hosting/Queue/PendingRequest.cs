using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace Pinion.Hosting.Batching;

/// <summary>
/// A request on its way, and the reusable source of its answer. Its fields belong to the scheduler from the submission to the
/// answer, of which there is exactly one: whoever moves <see cref="State"/> to <see cref="RequestState.Answered"/>, under the model's
/// lock, answers, outside the lock.
/// </summary>
internal sealed class PendingRequest(IRequestOwner owner, int inputs) : IValueTaskSource<InferenceResult>
{
    private ManualResetValueTaskSourceCore<InferenceResult> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;

    /// <summary>The caller's memory, input by input in the model's order.</summary>
    public TensorInput[] Inputs { get; } = new TensorInput[inputs];

    /// <summary>The group's shapes, in the model's order.</summary>
    public TensorShape[] Shapes { get; } = new TensorShape[inputs];

    public int Rows { get; set; }

    public ShapeGroup Group { get; set; } = null!;

    public int Level { get; set; }

    public RequestState State { get; set; }

    /// <summary>Whether its caller gave up while it ran.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>When it came; in ticks of the model's clock, as all times here.</summary>
    public long Arrived { get; set; }

    /// <summary><see cref="Clock.Never"/> for none.</summary>
    public long Deadline { get; set; }

    public long FillStarted { get; set; }

    /// <summary>Why its batch failed; it is then run again alone, once.</summary>
    public Exception? Failure { get; set; }

    public Outcome Outcome { get; set; }

    /// <summary>Why it was refused, where the outcome is that.</summary>
    public RefusalReason Reason { get; set; }

    /// <summary>What it is answered with, if not with a result.</summary>
    public Exception? Error { get; set; }

    public InferenceResult? Result { get; set; }

    public Activity? Activity { get; set; }

    /// <summary>Neighbours in a queue; the next alone in a chain of those to be answered.</summary>
    public PendingRequest? Next { get; set; }

    /// <inheritdoc cref="Next"/>
    public PendingRequest? Previous { get; set; }

    public CancellationToken CancellationToken { get; set; }

    public ValueTask<InferenceResult> Task => new(this, _core.Version);

    /// <summary>Once it is submitted. It may have been answered by then; nobody takes its result before the task is out.</summary>
    public void Watch(CancellationToken token) =>
        _cancellation = token.UnsafeRegister(static state => ((PendingRequest)state!).Cancel(), this);

    /// <summary>Wakes the caller.</summary>
    /// <param name="inline">Whether the caller's continuation may run here, on a thread that has nothing else to do.</param>
    public void Complete(bool inline)
    {
        (InferenceResult? result, Exception? error) = (Result, Error);
        Clear();
        _core.RunContinuationsAsynchronously = !inline;
        if (error is null)
        {
            _core.SetResult(result!);
        }
        else
        {
            _core.SetException(error);
        }
    }

    /// <summary>Lets go of everything that belongs to one use.</summary>
    public void Clear()
    {
        (Result, Error, Failure, Activity, Next, Previous) = (null, null, null, null, null, null);
        (CancellationToken, IsCancelled) = (default, false);
        Array.Clear(Inputs);
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    public InferenceResult GetResult(short token)
    {
        bool isOver = token == _core.Version && _core.GetStatus(token) != ValueTaskSourceStatus.Pending;
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
                owner.Recycle(this);
            }
        }
    }

    private void Cancel() => owner.Cancel(this);
}

internal enum Outcome
{
    Succeeded,
    Failed,
    Refused,
    Cancelled,
}

internal enum RequestState
{
    Waiting,
    Running,
    Answered,
}
