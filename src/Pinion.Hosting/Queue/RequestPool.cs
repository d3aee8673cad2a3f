namespace Pinion.Hosting;

/// <summary>Requests that are not in use. Threads: any.</summary>
internal sealed class RequestPool(IRequestOwner owner, int inputs)
{
    private const int Kept = 4096;

    private readonly Lock _gate = new();
    private readonly Stack<PendingRequest> _spare = new();

    public PendingRequest Rent()
    {
        lock (_gate)
        {
            return _spare.TryPop(out PendingRequest? request) ? request : new PendingRequest(owner, inputs);
        }
    }

    public void Return(PendingRequest request)
    {
        lock (_gate)
        {
            if (_spare.Count < Kept)
            {
                _spare.Push(request);
            }
        }
    }
}
