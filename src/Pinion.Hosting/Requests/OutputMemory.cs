using System.Buffers;

namespace Pinion.Hosting;

/// <summary>One output as memory, as long as its result is not disposed; a pin keeps the memory beyond that.</summary>
internal sealed unsafe class OutputMemory(InferenceResult result, int index) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => result.Span(index);

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        Span<byte> span = GetSpan();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, span.Length);
        OutputBlock block = result.Retain();
        fixed (byte* data = span)
        {
            // Native memory: the address stays.
            return new MemoryHandle(data + elementIndex, pinnable: new Hold(block));
        }
    }

    /// <summary>Each pin has a hold of its own.</summary>
    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Hold(OutputBlock block) : IPinnable
    {
        private OutputBlock? _block = block;

        public MemoryHandle Pin(int elementIndex) => throw new NotSupportedException();

        public void Unpin() => Interlocked.Exchange(ref _block, null)?.Release();
    }
}
