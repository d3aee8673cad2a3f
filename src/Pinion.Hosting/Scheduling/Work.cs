namespace Pinion.Hosting;

/// <summary>What was decided under the model's lock and is done outside it: batches to start, requests to answer.</summary>
internal struct Work
{
    private PendingRequest? _last;

    /// <summary>Chained through <see cref="Instance.NextToStart"/>.</summary>
    public Instance? Start { get; private set; }

    /// <summary>Chained through <see cref="PendingRequest.Next"/>.</summary>
    public PendingRequest? Answer { get; private set; }

    public void Add(Instance instance)
    {
        instance.NextToStart = Start;
        Start = instance;
    }

    public void Add(PendingRequest request)
    {
        request.Next = null;
        if (_last is null)
        {
            Answer = request;
        }
        else
        {
            _last.Next = request;
        }

        _last = request;
    }
}
