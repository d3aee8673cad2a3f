namespace Pinion.Hosting;

/// <summary>A request was not taken on, or was taken out before it ran: nothing of it was computed, and it may be sent again.</summary>
public sealed class RequestRefusedException : Exception
{
    internal RequestRefusedException(string message, string model, RefusalReason reason)
        : base(message)
    {
        Model = model;
        Reason = reason;
    }

    /// <summary>The model's name.</summary>
    public string Model { get; }

    /// <summary>Why.</summary>
    public RefusalReason Reason { get; }
}

/// <summary>Why a request was refused.</summary>
public enum RefusalReason
{
    /// <summary>As many requests wait as may.</summary>
    QueueFull,

    /// <summary>Its deadline cannot be made, or has passed.</summary>
    Deadline,

    /// <summary>The model is being stopped, or has been.</summary>
    Stopping,

    /// <summary>No instance of the model works at the moment.</summary>
    Unavailable,
}
