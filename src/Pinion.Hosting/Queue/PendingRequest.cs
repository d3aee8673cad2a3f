using System.Diagnostics;

namespace Pinion.Hosting;

/// <summary>
/// A request on its way, and the source of its answer. Its fields belong to the scheduler from the submission to the
/// answer, of which there is exactly one: whoever moves <see cref="State"/> to <see cref="RequestState.Answered"/>, under the model's
/// lock, answers, outside the lock.
/// </summary>
internal sealed class PendingRequest(IRequestOwner owner, int inputs) : ReusableTaskSource<InferenceResult>
{
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

    /// <summary>Wakes the caller.</summary>
    /// <param name="inline">Whether the caller's continuation may run here, on a thread that has nothing else to do.</param>
    public void Complete(bool inline)
    {
        (InferenceResult? result, Exception? error) = (Result, Error);
        Clear();
        if (error is null)
        {
            Succeed(result!, inline);
        }
        else
        {
            Fail(error, inline);
        }
    }

    /// <summary>Lets go of everything that belongs to one use.</summary>
    public void Clear()
    {
        (Result, Error, Failure, Activity, Next, Previous) = (null, null, null, null, null, null);
        (CancellationToken, IsCancelled) = (default, false);
        Array.Clear(Inputs);
    }

    protected override void OnTaken() => owner.Recycle(this);

    protected override void OnCancelled(CancellationToken token) => owner.Cancel(this);
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
