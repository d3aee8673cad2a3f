namespace Pinion.Hosting;

/// <summary>Requests in order, linked through themselves: nothing is allocated. Under the model's lock.</summary>
internal sealed class RequestQueue
{
    public PendingRequest? First { get; private set; }

    public PendingRequest? Last { get; private set; }

    public void AddLast(PendingRequest request)
    {
        (request.Previous, request.Next) = (Last, null);
        if (Last is null)
        {
            First = request;
        }
        else
        {
            Last.Next = request;
        }

        Last = request;
    }

    public void Remove(PendingRequest request)
    {
        if (request.Previous is null)
        {
            First = request.Next;
        }
        else
        {
            request.Previous.Next = request.Next;
        }

        if (request.Next is null)
        {
            Last = request.Previous;
        }
        else
        {
            request.Next.Previous = request.Previous;
        }

        (request.Previous, request.Next) = (null, null);
    }
}
