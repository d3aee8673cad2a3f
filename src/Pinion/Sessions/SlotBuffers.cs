namespace Pinion;

/// <summary>Where a slot's tensors lie in host memory: the session's pinned buffers, or what the caller bound.</summary>
internal sealed unsafe class SlotBuffers
{
    private readonly pn_session* _session;
    private readonly int _slot;
    private readonly nint[] _pointers;
    private readonly long[] _bytes;
    private readonly IBindableMemory?[] _bound;

    internal SlotBuffers(pn_session* session, int slot, int tensorCount)
    {
        _session = session;
        _slot = slot;
        _pointers = new nint[tensorCount];
        _bytes = new long[tensorCount];
        _bound = new IBindableMemory?[tensorCount];
        for (int tensor = 0; tensor < tensorCount; tensor++)
        {
            Refresh(tensor);
        }
    }

    /// <summary>Null for device memory.</summary>
    internal void* Pointer(int tensor) => (void*)_pointers[tensor];

    internal long Bytes(int tensor) => _bytes[tensor];

    /// <summary>The slot must be idle, and every other slot of the session.</summary>
    internal void Bind(int tensor, pn_memory_kind kind, void* data, long bytes, IBindableMemory? owner)
    {
        owner?.Retain();
        pn_error* error = null;
        int status = pn_session_bind(_session, _slot, tensor, (int)kind, data, (ulong)bytes, &error);
        if (status != 0)
        {
            owner?.Release();
            throw Errors.Native(status, error);
        }

        _bound[tensor]?.Release();
        _bound[tensor] = owner;
        Refresh(tensor);
        if (kind == pn_memory_kind.PN_MEMORY_DEVICE)
        {
            _bytes[tensor] = bytes;
        }
    }

    internal bool IsBound(int tensor) => _bound[tensor] is not null || _pointers[tensor] == 0;

    /// <summary>After the native session is gone.</summary>
    internal void ReleaseBound()
    {
        for (int tensor = 0; tensor < _bound.Length; tensor++)
        {
            _bound[tensor]?.Release();
            _bound[tensor] = null;
        }
    }

    private void Refresh(int tensor)
    {
        void* data;
        ulong bytes;
        pn_error* error = null;
        Errors.Check(pn_session_buffer(_session, _slot, tensor, &data, &bytes, &error), error);
        _pointers[tensor] = (nint)data;
        _bytes[tensor] = (long)bytes;
    }
}
