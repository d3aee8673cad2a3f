namespace Pinion.Hosting;

/// <summary>What has happened to a model since it was loaded.</summary>
public readonly record struct ModelStatistics
{
    /// <summary>Requests answered with outputs.</summary>
    public long Succeeded { get; init; }

    /// <summary>Requests whose inference failed.</summary>
    public long Failed { get; init; }

    /// <summary>Requests refused.</summary>
    public long Refused { get; init; }

    /// <summary>Requests cancelled by their callers.</summary>
    public long Cancelled { get; init; }

    /// <summary>Batches run.</summary>
    public long Batches { get; init; }

    /// <summary>Rows run.</summary>
    public long Rows { get; init; }

    /// <summary>Requests that wait now.</summary>
    public int Waiting { get; init; }

    /// <summary>Requests that run now.</summary>
    public int Running { get; init; }

    /// <summary>Engines loaded anew after failures.</summary>
    public int Reloads { get; init; }

    /// <summary>Device memory of the model, in bytes, as far as it is known.</summary>
    public long DeviceBytes { get; init; }
}
