using System.Numerics;

namespace Pinion.Hosting;

/// <summary>Blocks that are not in use, by the power of two of their size. Threads: any.</summary>
internal sealed class OutputBlockPool
{
    private const int SmallestClass = 8;
    private const int Classes = 48;

    /// <summary>Memory kept of one size; a burst gives the rest back.</summary>
    private const long KeptBytes = 64L << 20;
    private const int KeptBlocks = 1024;

    private readonly Lock _gate = new();
    private readonly Stack<OutputBlock>[] _free = [.. Enumerable.Range(0, Classes).Select(_ => new Stack<OutputBlock>())];
    private bool _closed;

    /// <exception cref="OutOfMemoryException">There is no memory.</exception>
    public OutputBlock Rent(long bytes)
    {
        int sizeClass = Math.Max(SmallestClass, BitOperations.Log2((ulong)Math.Max(bytes, 1) * 2 - 1));
        OutputBlock? block;
        lock (_gate)
        {
            _free[sizeClass].TryPop(out block);
        }

        block ??= new OutputBlock(this, sizeClass, 1L << sizeClass);
        block.Start();
        return block;
    }

    public void Return(OutputBlock block)
    {
        lock (_gate)
        {
            Stack<OutputBlock> free = _free[block.SizeClass];
            if (!_closed && (free.Count == 0 || (free.Count < KeptBlocks && (free.Count + 1) * block.Bytes <= KeptBytes)))
            {
                free.Push(block);
                return;
            }
        }

        block.Dispose();
    }

    /// <summary>Frees what is not in use; what is goes when its user lets go of it.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (Stack<OutputBlock> free in _free)
            {
                while (free.TryPop(out OutputBlock? block))
                {
                    block.Dispose();
                }
            }
        }
    }
}
