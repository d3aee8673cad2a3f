namespace Pinion.Hosting.Tests;

/// <summary>The parts that decide, put together without a plan or a session: one input of four floats in a row, a run takes ten ticks.</summary>
internal sealed class Decisions
{
    public const long RunTicks = 10;

    private readonly Owner _owner = new();

    public Decisions(int instances = 1, int maxBatch = 4, long waitingLimit = 32, DelayPolicy? delay = null, int devices = 1)
    {
        Pool = new InstancePool(
            [.. Enumerable.Range(0, instances).Select(i => new Instance(i % devices, i % devices, maxBatch))],
            devices,
            new BatchSizes([.. Enumerable.Range(1, maxBatch)]),
            waitingLimit);
        Waiting.Groups.Update([new ShapeKey([[1, 4]])], [new LatencyTable([0, .. Enumerable.Repeat(RunTicks, maxBatch)])]);
        Dispatcher = new Dispatcher(Waiting, Counters, delay ?? new DelayPolicy(0, -1), ticksPerSecond: 1000);
        Outcome = new BatchOutcome(Waiting, Counters, Lifetime);
    }

    public WaitingRequests Waiting { get; } = new();

    public Counters Counters { get; } = new();

    public Lifetime Lifetime { get; } = new();

    public InstancePool Pool { get; }

    public Dispatcher Dispatcher { get; }

    public BatchOutcome Outcome { get; }

    /// <summary>What was decided so far.</summary>
    public Work Work;

    public ModelStatistics Statistics => Counters.Read(Waiting.Count, 0);

    public IEnumerable<Instance> Started
    {
        get
        {
            for (Instance? instance = Work.Start; instance is not null; instance = instance.NextToStart)
            {
                yield return instance;
            }
        }
    }

    public IEnumerable<PendingRequest> Answered
    {
        get
        {
            for (PendingRequest? request = Work.Answer; request is not null; request = request.Next)
            {
                yield return request;
            }
        }
    }

    public PendingRequest Request(int rows = 1, long arrived = 0, long deadline = Clock.Never, RequestPriority priority = default, long width = 4)
    {
        var request = new PendingRequest(_owner, inputs: 1)
        {
            Rows = rows,
            Arrived = arrived,
            Deadline = deadline,
            Level = ShapeGroup.LevelOf(priority),
        };
        request.Shapes[0] = [1, width];
        return request;
    }

    public RefusalReason? Admit(PendingRequest request) => Admission.Check(request, Waiting, Pool, request.Arrived);

    /// <summary>Takes a request on, whatever admission says.</summary>
    public PendingRequest Wait(PendingRequest request)
    {
        request.Group = Waiting.Groups.FindOrAdd(request.Shapes);
        Waiting.Add(request);
        return request;
    }

    public long Dispatch(long now = 0, bool hurries = false) => Dispatcher.Dispatch(Pool, hurries, now, ref Work);

    public void Succeed(Instance instance)
    {
        Outcome.Succeed(instance.Batch, ref Work);
        Pool.End(instance);
    }

    public long FailRun(Instance instance, Exception exception)
    {
        long deadline = Outcome.FailRun(instance.Batch, exception, ref Work);
        Pool.End(instance);
        return deadline;
    }

    private sealed class Owner : IRequestOwner
    {
        public void Recycle(PendingRequest request)
        {
        }

        public void Cancel(PendingRequest request)
        {
        }
    }
}
