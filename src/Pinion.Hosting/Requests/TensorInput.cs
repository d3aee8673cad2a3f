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
    private readonly Copier? _copier;

    private TensorInput(string name, TensorShape shape, object? owner, int start, int length, Copier copier)
    {
        Name = name;
        Shape = shape;
        _owner = owner;
        _start = start;
        _length = length;
        _copier = copier;
    }

    /// <summary>The input's name in the model.</summary>
    public string Name { get; }

    /// <summary>Its shape, batch included; every dimension known.</summary>
    public TensorShape Shape { get; }

    /// <summary>The C# type of its elements; <see cref="byte"/> stands for the tensor's bytes, whatever its type.</summary>
    public Type ElementType => _copier?.ElementType ?? typeof(byte);

    /// <summary>Its size in bytes.</summary>
    public long SizeBytes => _copier is null ? 0 : (long)_length * _copier.ElementBytes;

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
            return new TensorInput(name, shape, segment.Array, segment.Offset, segment.Count, Copier<T>.Instance);
        }

        if (MemoryMarshal.TryGetMemoryManager(data, out System.Buffers.MemoryManager<T>? manager, out int start, out int length))
        {
            return new TensorInput(name, shape, manager, start, length, Copier<T>.Instance);
        }

        throw new ArgumentException("The memory belongs neither to an array nor to a MemoryManager.", nameof(data));
    }

    /// <inheritdoc cref="Create{T}(string, TensorShape, ReadOnlyMemory{T})"/>
    public static TensorInput Create<T>(string name, TensorShape shape, T[] data)
        where T : unmanaged => Create<T>(name, shape, data.AsMemory());

    internal void CopyTo(Span<byte> destination) => _copier!.Copy(_owner, _start, _length, destination);

    /// <summary>Knows the element type that the struct has forgotten.</summary>
    private abstract class Copier
    {
        public abstract Type ElementType { get; }

        public abstract int ElementBytes { get; }

        public abstract void Copy(object? owner, int start, int length, Span<byte> destination);
    }

    private sealed unsafe class Copier<T> : Copier
        where T : unmanaged
    {
        public static readonly Copier<T> Instance = new();

        public override Type ElementType => typeof(T);

        public override int ElementBytes => sizeof(T);

        public override void Copy(object? owner, int start, int length, Span<byte> destination)
        {
            ReadOnlySpan<T> source = owner is System.Buffers.MemoryManager<T> manager ? manager.GetSpan() : (T[]?)owner;
            MemoryMarshal.AsBytes(source.Slice(start, length)).CopyTo(destination);
        }
    }
}
