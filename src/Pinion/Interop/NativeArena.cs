using System.Runtime.InteropServices;

namespace Pinion;

/// <summary>Memory for the arrays and strings of an option struct, freed together after the call.</summary>
internal sealed unsafe class NativeArena : IDisposable
{
    private readonly List<nint> _blocks = [];

    internal T* Array<T>(int count)
        where T : unmanaged
    {
        if (count == 0)
        {
            return null;
        }

        void* block = NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(T));
        _blocks.Add((nint)block);
        return (T*)block;
    }

    internal byte* Text(string? text)
    {
        if (text is null)
        {
            return null;
        }

        int bytes = System.Text.Encoding.UTF8.GetByteCount(text);
        byte* block = Array<byte>(bytes + 1);
        System.Text.Encoding.UTF8.GetBytes(text, new Span<byte>(block, bytes));
        return block;
    }

    internal byte** Texts(IReadOnlyList<string> texts)
    {
        byte** pointers = (byte**)Array<nint>(texts.Count);
        for (int i = 0; i < texts.Count; i++)
        {
            pointers[i] = Text(texts[i]);
        }

        return pointers;
    }

    public void Dispose()
    {
        foreach (nint block in _blocks)
        {
            NativeMemory.Free((void*)block);
        }

        _blocks.Clear();
    }
}
