namespace Pinion.Hosting;

/// <summary>
/// The outputs of one request. Owner: the caller, who disposes it; spans and memory are valid until then. Threads: any, as an array.
/// </summary>
public sealed class InferenceResult : IDisposable
{
    internal InferenceResult()
    {
    }

    /// <summary>The version of the plan that computed it, as <see cref="InferenceModel.Version"/> was then.</summary>
    public string ModelVersion => throw new NotImplementedException();

    /// <summary>The outputs in the model's order, with this request's shapes.</summary>
    public IReadOnlyList<TensorInfo> Outputs => throw new NotImplementedException();

    /// <summary>Where its time went.</summary>
    public RequestTimings Timings => throw new NotImplementedException();

    /// <summary>An output of this request's rows.</summary>
    /// <exception cref="ArgumentException">There is no such output, or its elements are no <typeparamref name="T"/>.</exception>
    public ReadOnlySpan<T> GetOutput<T>(string name)
        where T : unmanaged => throw new NotImplementedException();

    /// <summary>An output's shape for this request.</summary>
    /// <exception cref="ArgumentException">There is no such output.</exception>
    public TensorShape GetShape(string name) => throw new NotImplementedException();

    /// <summary>An output's bytes, by its place in <see cref="Outputs"/>.</summary>
    public ReadOnlyMemory<byte> GetOutputBytes(int index) => throw new NotImplementedException();

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => throw new NotImplementedException();
}

/// <summary>Where the time of one request went.</summary>
public readonly record struct RequestTimings
{
    /// <summary>From the arrival until the copy into pinned memory began.</summary>
    public TimeSpan Queue { get; init; }

    /// <summary>From the arrival until the outputs were readable.</summary>
    public TimeSpan Total { get; init; }

    /// <summary>Rows of the batch that it ran in.</summary>
    public int BatchSize { get; init; }

    /// <summary>The batch's own times.</summary>
    public Timings Inference { get; init; }
}
