using System.Runtime.InteropServices;

namespace Pinion.Hosting;

/// <summary>
/// The outputs of one request. Owner: the caller, who disposes it, after the last use of its spans (a result that is forgotten frees
/// its memory, under spans that are still in use); spans and memory are valid until then. Threads: any, as an array,
/// and while no other thread disposes it.
/// </summary>
public sealed unsafe class InferenceResult : IDisposable
{
    private readonly OutputLayout _layout;
    private OutputBlock? _block;

    internal InferenceResult(string modelVersion, OutputLayout layout, OutputBlock block, in RequestTimings timings)
    {
        ModelVersion = modelVersion;
        _layout = layout;
        _block = block;
        Timings = timings;
    }

    /// <summary>The version of the plan that computed it, as <see cref="InferenceModel.Version"/> was then.</summary>
    public string ModelVersion { get; }

    /// <summary>The outputs in the model's order, with this request's shapes.</summary>
    public IReadOnlyList<TensorInfo> Outputs => _layout.Outputs;

    /// <summary>Where its time went.</summary>
    public RequestTimings Timings { get; }

    /// <summary>An output of this request's rows.</summary>
    /// <typeparam name="T">The C# type of its elements, or <see cref="byte"/> for its bytes.</typeparam>
    /// <exception cref="ArgumentException">There is no such output, or its elements are no <typeparamref name="T"/>.</exception>
    /// <exception cref="ObjectDisposedException">The result is disposed.</exception>
    public ReadOnlySpan<T> GetOutput<T>(string name)
        where T : unmanaged
    {
        int index = _layout.IndexOf(name);
        TensorInfo output = _layout.Outputs[index];
        if (typeof(T) != typeof(byte) && typeof(T) != output.DataType.GetElementType())
        {
            throw new ArgumentException(
                $"'{name}' is {output.DataType}: use {output.DataType.GetElementType().Name}, or Byte for its bytes, not {typeof(T).Name}.", nameof(T));
        }

        return MemoryMarshal.Cast<byte, T>(Span(index));
    }

    /// <summary>An output's shape for this request.</summary>
    /// <exception cref="ArgumentException">There is no such output.</exception>
    public TensorShape GetShape(string name) => _layout.Outputs[_layout.IndexOf(name)].Shape;

    /// <summary>An output's bytes, by its place in <see cref="Outputs"/>. Its spans fail once the result is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The result is disposed.</exception>
    public ReadOnlyMemory<byte> GetOutputBytes(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _layout.Outputs.Count);
        ObjectDisposedException.ThrowIf(_block is null, this);
        return new OutputMemory(this, index).Memory;
    }

    /// <summary>Gives the memory back. Further calls do nothing.</summary>
    public void Dispose() => Interlocked.Exchange(ref _block, null)?.Release();

    internal Span<byte> Span(int index)
    {
        OutputBlock? block = _block;
        ObjectDisposedException.ThrowIf(block is null, this);
        return new Span<byte>(block.Data + _layout.Offsets[index], _layout.Sizes[index]);
    }

    internal OutputBlock Retain()
    {
        OutputBlock? block = _block;
        ObjectDisposedException.ThrowIf(block is null, this);
        block.Retain();
        return block;
    }
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
