namespace Pinion.Hosting.Tests;

/// <summary>What callers are told.</summary>
public sealed class AnswersTests
{
    private readonly ManualTime _time = new();

    [TestCase(RefusalReason.QueueFull, "'m' has as many rows waiting as may: 7.")]
    [TestCase(RefusalReason.Deadline, "'m' cannot answer within 40 ms.")]
    [TestCase(RefusalReason.Stopping, "'m' is being stopped.")]
    [TestCase(RefusalReason.Unavailable, "'m' has no instance that works: it is broken")]
    public void A_refusal_says_why(RefusalReason reason, string text)
    {
        PendingRequest request = new Decisions().Request(arrived: _time.GetTimestamp());
        RequestRefusedException refused = Answers().Refuse(request, reason, TimeSpan.FromMilliseconds(40));

        Assert.That((refused.Reason, refused.Model), Is.EqualTo((reason, "m")));
        Assert.That(refused.Message, Does.Contain(text));
    }

    [Test]
    public void A_refusal_of_what_waited_tells_its_own_deadline()
    {
        var model = new Decisions();
        long now = _time.GetTimestamp();
        PendingRequest request = model.Wait(model.Request(arrived: now, deadline: now + TimeSpan.FromMilliseconds(25).Ticks));
        model.Dispatcher.RefuseAll(RefusalReason.Deadline, ref model.Work);
        Task<InferenceResult> answer = request.Task.AsTask();
        Answers().Give(request, inline: false);

        Assert.That(async () => await answer, Throws.InstanceOf<RequestRefusedException>().With.Message.Contains("within 25 ms"));
    }

    [Test]
    public void Failures_and_cancellations_reach_the_caller()
    {
        var model = new Decisions();
        PendingRequest failed = model.Wait(model.Request());
        PendingRequest cancelled = model.Wait(model.Request());
        model.Dispatch();
        failed.Error = new InvalidOperationException("broken");
        cancelled.IsCancelled = true;
        model.Succeed(model.Pool.All[0]);
        Task<InferenceResult>[] answers = [failed.Task.AsTask(), cancelled.Task.AsTask()];
        foreach (PendingRequest request in model.Answered.ToArray())
        {
            Answers().Give(request, inline: true);
        }

        Assert.That(async () => await answers[0], Throws.InvalidOperationException.With.Message.EqualTo("broken"));
        Assert.That(async () => await answers[1], Throws.InstanceOf<OperationCanceledException>());
    }

    private Answers Answers() => new(new ModelTags("m"), new Clock(_time), () => 7, () => "it is broken");
}
