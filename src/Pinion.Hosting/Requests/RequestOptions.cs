namespace Pinion.Hosting;

/// <summary>What one request asks for beyond its tensors.</summary>
public readonly record struct RequestOptions
{
    /// <summary>The time from now within which the answer is of use; what cannot make it is refused at once. Default: none.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Who goes first when requests wait. Default: <see cref="RequestPriority.Normal"/>.</summary>
    public RequestPriority Priority { get; init; }
}

/// <summary>Who goes first when requests wait; equals go in the order of their arrival.</summary>
public enum RequestPriority
{
    /// <summary>After the others.</summary>
    Low = -1,

    /// <summary>The usual.</summary>
    Normal = 0,

    /// <summary>Before the others.</summary>
    High = 1,
}
