namespace Pinion.Bindings;

/// <summary>Keeps its engine's handle alive, so that an engine is released after its last session.</summary>
internal sealed unsafe class SessionHandle : NativeHandle<pn_session>
{
    private readonly EngineHandle? _engine;

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

    /// <summary>Waits for work in flight.</summary>
    protected override bool ReleaseHandle()
    {
        NativeMethods.pn_session_destroy((pn_session*)handle);
        _engine?.DangerousRelease();
        return true;
    }
}
