namespace Pinion.Serving;

/// <summary>Why a request was not answered with tensors; each protocol has its own codes for these.</summary>
public enum ServingError
{
    /// <summary>The request is wrong. HTTP 400.</summary>
    BadRequest,

    /// <summary>No key, or none that is known. HTTP 401.</summary>
    Unauthorized,

    /// <summary>No such model or version. HTTP 404.</summary>
    NotFound,

    /// <summary>Larger than the server takes. HTTP 413.</summary>
    TooLarge,

    /// <summary>Encoded in a way that the server does not undo. HTTP 415.</summary>
    UnsupportedEncoding,

    /// <summary>Computed, but not to be written in the form that was asked for. HTTP 422.</summary>
    NotRepresentable,

    /// <summary>As many requests as may are waiting or running; try again. HTTP 429.</summary>
    Busy,

    /// <summary>The model or the server does not run, memory is exhausted, or the deadline cannot be made. HTTP 503.</summary>
    Unavailable,

    /// <summary>The inference failed. HTTP 500.</summary>
    Failed,
}
