namespace Pinion.Hosting;

/// <summary>Whether a model answers.</summary>
public enum ModelState
{
    /// <summary>All instances work.</summary>
    Ready,

    /// <summary>It answers, but an instance is out.</summary>
    Degraded,

    /// <summary>No instance works; they are being loaded anew.</summary>
    Unavailable,

    /// <summary>It is being stopped, or has been.</summary>
    Stopped,
}
