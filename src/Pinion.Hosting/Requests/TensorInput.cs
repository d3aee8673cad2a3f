using System.Runtime.InteropServices;

namespace Pinion.Hosting;

/// <summary>
/// One input of a request: the caller's memory, read once, when it is copied into the pinned memory that the device reads.
/// It must stay as it is until the request is answered. A value: making one allocates nothing.
/// </summary>
public readonly struct TensorInput
{
    private readonly object? _owner;
    private readonly int _start;
    private readonly int _length;
    private readonly Reader? _reader;

    private TensorInput(string name, TensorShape shape, object? owner, int start, int length, Reader reader)
    {
        Name = name;
        Shape = shape;
        _owner = owner;
        _start = start;
        _length = length;
        _reader = reader;
    }

    /// <summary>The input's name in the model.</summary>
    public string Name { get; }

    /// <summary>Its shape, batch included; every dimension known.</summary>
    public TensorShape Shape { get; }

    /// <summary>The C# type of its elements; <see cref="byte"/> stands for the tensor's bytes, whatever its type.</summary>
    public Type ElementType => _reader?.ElementType ?? typeof(byte);

    /// <summary>Its size in bytes.</summary>
    public long SizeBytes => _reader is null ? 0 : (long)_length * _reader.ElementBytes;

    /// <summary>Makes an input from memory of the tensor's element type, or of its bytes.</summary>
    /// <param name="name">The input's name in the model.</param>
    /// <param name="shape">Its shape, batch included.</param>
    /// <param name="data">As many elements as the shape has, first dimension outermost.</param>
    public static TensorInput Create<T>(string name, TensorShape shape, ReadOnlyMemory<T> data)
        where T : unmanaged
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (MemoryMarshal.TryGetArray(data, out ArraySegment<T> segment))
        {
            return new TensorInput(name, shape, segment.Array, segment.Offset, segment.Count, Reader<T>.Instance);
        }

        if (MemoryMarshal.TryGetMemoryManager(data, out System.Buffers.MemoryManager<T>? manager, out int start, out int length))
        {
            return new TensorInput(name, shape, manager, start, length, Reader<T>.Instance);
        }

        throw new ArgumentException("The memory belongs neither to an array nor to a MemoryManager.", nameof(data));
    }

    /// <inheritdoc cref="Create{T}(string, TensorShape, ReadOnlyMemory{T})"/>
    public static TensorInput Create<T>(string name, TensorShape shape, T[] data)
        where T : unmanaged => Create<T>(name, shape, data.AsMemory());

    /// <summary>The caller's memory. A MemoryManager may throw.</summary>
    internal ReadOnlySpan<byte> Bytes => _reader!.Read(_owner, _start, _length);

    /// <summary>Knows the element type that the struct has forgotten.</summary>
    private abstract class Reader
    {
        public abstract Type ElementType { get; }

        public abstract int ElementBytes { get; }

        public abstract ReadOnlySpan<byte> Read(object? owner, int start, int length);
    }

    private sealed unsafe class Reader<T> : Reader
        where T : unmanaged
    {
        public static readonly Reader<T> Instance = new();

        public override Type ElementType => typeof(T);

        public override int ElementBytes => sizeof(T);

        public override ReadOnlySpan<byte> Read(object? owner, int start, int length)
        {
            ReadOnlySpan<T> source = owner is System.Buffers.MemoryManager<T> manager ? manager.GetSpan() : (T[]?)owner;
            return MemoryMarshal.AsBytes(source.Slice(start, length));
        }
    }
}
