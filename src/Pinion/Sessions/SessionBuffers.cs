namespace Pinion;

/// <summary>Where a session's tensors lie in host memory: its own pinned buffers, or what the caller bound.</summary>
internal sealed unsafe class SessionBuffers
{
    private readonly pn_session* _native;
    private readonly EngineTensors _tensors;
    private readonly Memory[] _memory;

    internal SessionBuffers(pn_session* native, EngineTensors tensors)
    {
        _native = native;
        _tensors = tensors;
        _memory = new Memory[tensors.All.Length];
        for (int tensor = 0; tensor < _memory.Length; tensor++)
        {
            _memory[tensor] = Read(tensor, null);
        }
    }

    /// <summary>All that there is at the moment.</summary>
    internal long SizeBytes => _memory.Sum(m => m.Bytes);

    /// <summary>The host memory of a tensor.</summary>
    /// <param name="tensor">Its number.</param>
    /// <param name="bytes">What it takes in the shape in question; null for all that there is.</param>
    /// <exception cref="InvalidOperationException">It is bound to device memory, or too large for a span.</exception>
    internal Span<T> Span<T>(int tensor, long? bytes)
        where T : unmanaged
    {
        // One read: another thread's binding must not pair one memory's address with another's size.
        Memory memory = _memory[tensor];
        if (memory.Pointer == 0)
        {
            throw SessionErrors.BoundToDevice(_tensors.All[tensor]);
        }

        // A shape given up before a smaller buffer was bound is larger than the buffer.
        if (bytes > memory.Bytes)
        {
            throw SessionErrors.ShapeBeyondMemory(_tensors.All[tensor], memory.Bytes, bytes.Value);
        }

        long length = (bytes ?? memory.Bytes) / sizeof(T);
        return length <= int.MaxValue
            ? new Span<T>((void*)memory.Pointer, (int)length)
            : throw SessionErrors.TensorTooLargeForSpan(_tensors.All[tensor]);
    }

    /// <summary>The session must be idle.</summary>
    /// <param name="state">For the exception.</param>
    /// <param name="tensor">Its number.</param>
    /// <param name="kind">Whose memory.</param>
    /// <param name="data">Null for the session's own.</param>
    /// <param name="bytes">0 for the session's own.</param>
    /// <param name="owner">Kept from freeing the memory; null if the caller sees to that.</param>
    internal void Bind(RunState state, int tensor, pn_memory_kind kind, void* data, long bytes, CountedMemory? owner)
    {
        owner?.Retain();
        pn_error* error = null;
        int status = pn_session_bind(_native, tensor, (int)kind, data, (ulong)bytes, &error);
        if (status != 0)
        {
            owner?.Release();
            throw state.ToException(status, error);
        }

        CountedMemory? former = _memory[tensor].Owner;
        _memory[tensor] = Read(tensor, owner);
        former?.Release();
    }

    internal bool IsBound(int tensor) => _memory[tensor].Owner is not null || _memory[tensor].Pointer == 0;

    /// <summary>After the native session is gone.</summary>
    internal void ReleaseBound()
    {
        foreach (Memory memory in _memory)
        {
            memory.Owner?.Release();
        }
    }

    private Memory Read(int tensor, CountedMemory? owner)
    {
        void* data;
        ulong bytes;
        pn_error* error = null;
        Errors.Check(pn_session_buffer(_native, tensor, &data, &bytes, &error), error);
        return new Memory((nint)data, (long)bytes, owner);
    }

    /// <param name="Pointer">0 for device memory.</param>
    /// <param name="Bytes">0 for device memory.</param>
    /// <param name="Owner">Null for the session's own memory, and for memory that the caller keeps.</param>
    private sealed record Memory(nint Pointer, long Bytes, CountedMemory? Owner);
}
