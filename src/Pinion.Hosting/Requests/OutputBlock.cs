using System.Runtime.InteropServices;

namespace Pinion.Hosting;

/// <summary>Native memory for the outputs of one request, to be used again. It goes back when its last user lets go of it.</summary>
internal sealed unsafe class OutputBlock : IDisposable
{
    private readonly OutputBlockPool _pool;
    private readonly void* _data;
    private int _references;

    public OutputBlock(OutputBlockPool pool, int sizeClass, long bytes)
    {
        _pool = pool;
        SizeClass = sizeClass;
        Bytes = bytes;
        _data = NativeMemory.AlignedAlloc((nuint)bytes, 64);
        GC.AddMemoryPressure(bytes);
    }

    /// <summary>A result that nobody disposed frees its memory some time.</summary>
    ~OutputBlock() => Free();

    public int SizeClass { get; }

    public long Bytes { get; }

    public byte* Data => (byte*)_data;

    /// <summary>It comes out of the pool and has one user.</summary>
    public void Start() => Volatile.Write(ref _references, 1);

    /// <summary>One more user, who knows of another.</summary>
    public void Retain() => Interlocked.Increment(ref _references);

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            _pool.Return(this);
        }
    }

    /// <summary>Instead of going back to the pool.</summary>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Free();
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_data);
        GC.RemoveMemoryPressure(Bytes);
    }
}
