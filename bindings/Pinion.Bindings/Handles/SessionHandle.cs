namespace Pinion.Bindings;

/// <summary>Keeps its engine's handle alive, so that an engine is released after its last session.</summary>
internal sealed unsafe class SessionHandle : NativeHandle<pn_session>
{
    private EngineHandle? _engine;

    /// <summary>Takes ownership of the session, also when it throws.</summary>
    /// <exception cref="ObjectDisposedException">The engine was closed meanwhile.</exception>
    internal SessionHandle(pn_session* session, EngineHandle engine)
        : base(session)
    {
        bool added = false;
        try
        {
            engine.DangerousAddRef(ref added);
        }
        catch (ObjectDisposedException)
        {
            Dispose();
            throw;
        }

        _engine = engine;
    }

    /// <summary>Frees all but the native handle itself, which a call racing on another thread may still look at; the
    /// finalizer frees that. Waits for work in flight. Once.</summary>
    internal int CloseSession(pn_error** error)
    {
        int status = NativeMethods.pn_session_close((pn_session*)handle, error);
        ReleaseEngine();
        return status;
    }

    /// <summary>Waits for work in flight.</summary>
    protected override bool ReleaseHandle()
    {
        NativeMethods.pn_session_destroy((pn_session*)handle);
        ReleaseEngine();
        return true;
    }

    private void ReleaseEngine()
    {
        _engine?.DangerousRelease();
        _engine = null;
    }
}
