namespace Pinion.Hosting;

/// <summary>The requests that wait for an instance, by their shapes. Under the model's lock.</summary>
internal sealed class WaitingRequests
{
    public ShapeGroups Groups { get; } = new();

    public int Count { get; private set; }

    public int Rows { get; private set; }

    /// <summary>Puts a request at the end of its level in its group.</summary>
    public void Add(PendingRequest request)
    {
        ShapeGroup group = request.Group;
        request.State = RequestState.Waiting;
        if (group.Waiting == 0)
        {
            Groups.Activate(group);
        }

        group.Add(request);
        group.Users++;
        Count++;
        Rows += request.Rows;
    }

    public void Remove(PendingRequest request)
    {
        ShapeGroup group = request.Group;
        group.Remove(request);
        group.Users--;
        if (group.Waiting == 0)
        {
            Groups.Deactivate(group);
        }

        Count--;
        Rows -= request.Rows;
    }
}
