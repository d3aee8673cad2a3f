namespace Pinion;

/// <summary>
/// A set of input shapes that a session has made ready: contexts, graphs and output shapes. Run it without any further
/// set-up. Owner: its session; dispose it to free the memory before the session does. Threads: immutable but for that.
/// </summary>
public sealed class ShapeVariant : IDisposable
{
    private const int Discarded = -1;
    private int _number;

    internal ShapeVariant(Session session, int number, TensorShape[] shapes, EngineTensors tensors)
    {
        Session = session;
        _number = number;
        Shapes = shapes;
        Bytes = [.. shapes.Index().Select(s => tensors.All[s.Index].DataType.GetSizeBytes(s.Item.ElementCount))];
    }

    /// <summary>The session that it belongs to.</summary>
    public Session Session { get; }

    /// <summary>Whether it was disposed, by the caller or with its session.</summary>
    public bool IsDisposed => Number == Discarded;

    /// <summary>Whether it is ready; a set of shapes that was only taken on (<see cref="Session.Admit"/>) runs by plain enqueues.</summary>
    public bool IsPrepared { get; internal set; }

    /// <summary>Whether it runs from a CUDA graph rather than by plain enqueues.</summary>
    public bool UsesGraph => Session.Variants.Info(this).uses_graph != 0;

    /// <summary>How long its first run took, which prepared it, from the enqueue to the end, in milliseconds; 0 before it is prepared. Kernels that are compiled
    /// at first use, as TensorRT for RTX does, are in it.</summary>
    public double FirstRunMs => Session.Variants.Info(this).first_run_ms;

    /// <summary>Device memory that its context and graph took, in bytes: what was free before and after it was prepared, so that what others allocated meanwhile is in it.</summary>
    public long DeviceBytes => Session.Variants.Info(this).device_bytes;

    /// <summary>The native layer's number.</summary>
    internal int Number => Volatile.Read(ref _number);

    /// <summary>By tensor number, without dynamic dimensions.</summary>
    internal TensorShape[] Shapes { get; }

    /// <summary>By tensor number.</summary>
    internal long[] Bytes { get; }

    /// <summary>Whether the caller holds it, so that it is not given up for another.</summary>
    internal bool IsKept { get; set; }

    /// <summary>Time stamp of the last run.</summary>
    internal long LastUsed { get; set; }

    /// <summary>The shape of a tensor, all dimensions known.</summary>
    /// <exception cref="ArgumentException">There is no such tensor.</exception>
    public TensorShape GetShape(string tensor) => Shapes[Session.Tensors.IndexOf(tensor)];

    /// <summary>Frees its context and graph. The session must be idle.</summary>
    /// <exception cref="InvalidOperationException">The session is in use.</exception>
    public void Dispose() => Session.Variants.Discard(this);

    internal bool HasInputs(ReadOnlySpan<TensorShape> shapes) => Shapes.AsSpan(0, shapes.Length).SequenceEqual(shapes);

    internal void MarkDiscarded() => Volatile.Write(ref _number, Discarded);
}
