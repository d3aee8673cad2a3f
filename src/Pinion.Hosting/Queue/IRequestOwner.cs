namespace Pinion.Hosting;

/// <summary>Whom a request tells what its caller does. Threads: any.</summary>
internal interface IRequestOwner
{
    /// <summary>The caller has taken the answer: the request may be used again.</summary>
    void Recycle(PendingRequest request);

    /// <summary>The caller gives up.</summary>
    void Cancel(PendingRequest request);
}
