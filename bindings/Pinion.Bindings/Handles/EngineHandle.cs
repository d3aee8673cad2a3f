namespace Pinion.Bindings;

internal sealed unsafe class EngineHandle(pn_engine* engine) : NativeHandle<pn_engine>(engine)
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.pn_engine_destroy((pn_engine*)handle);
        return true;
    }
}
