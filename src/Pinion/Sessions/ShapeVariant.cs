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
        Lengths = [.. shapes.Index().Select(s => SpanLength(tensors.All[s.Index].DataType, s.Item))];
        Bytes = [.. shapes.Index().Select(s => DataTypes.Bytes(tensors.All[s.Index].DataType, s.Item.ElementCount))];
    }

    /// <summary>The session that it belongs to.</summary>
    public Session Session { get; }

    /// <summary>Whether it was disposed, by the caller or with its session.</summary>
    public bool IsDisposed => Number == Discarded;

    /// <summary>Whether it runs from a CUDA graph rather than by plain enqueues.</summary>
    public bool UsesGraph => Session.UsesGraphOf(this);

    /// <summary>The native layer's number.</summary>
    internal int Number => Volatile.Read(ref _number);

    /// <summary>By tensor number; all known.</summary>
    internal TensorShape[] Shapes { get; }

    /// <summary>By tensor number: elements of a span, -1 if they are too many for one.</summary>
    internal int[] Lengths { get; }

    /// <summary>By tensor number.</summary>
    internal long[] Bytes { get; }

    /// <summary>Whether the caller holds it, so that it is not given up for another.</summary>
    internal bool IsKept { get; set; }

    /// <summary>Time stamp of the last run; a lost update between slots does no harm.</summary>
    internal long LastUsed { get; set; }

    /// <summary>The shape of a tensor, all dimensions known.</summary>
    /// <exception cref="ArgumentException">There is no such tensor.</exception>
    public TensorShape GetShape(string tensor) => Shapes[Session.Tensors.IndexOf(tensor)];

    /// <summary>Frees its contexts and graphs. Every slot of the session must be idle.</summary>
    /// <exception cref="InvalidOperationException">A slot has work in flight.</exception>
    public void Dispose() => Session.Discard(this);

    internal bool HasInputs(ReadOnlySpan<TensorShape> shapes) => Shapes.AsSpan(0, shapes.Length).SequenceEqual(shapes);

    internal void MarkDiscarded() => Volatile.Write(ref _number, Discarded);

    internal static int SpanLength(TensorDataType type, TensorShape shape)
    {
        // Two INT4 elements share a byte; every other type has an element of its own.
        long length = type == TensorDataType.Int4 ? DataTypes.Bytes(type, shape.ElementCount) : shape.ElementCount;
        return length <= int.MaxValue ? (int)length : -1;
    }
}
