namespace Pinion.Bindings.Tests;

/// <summary>Raw calls that these tests repeat, failing with the native message.</summary>
internal static unsafe class Native
{
    internal static void Check(int status, pn_error* error)
    {
        if (status != (int)pn_status.PN_OK)
        {
            Assert.Fail(NativeError.Take(status, error).ToString());
        }
    }

    internal static BlobHandle BuildIdentity()
    {
        byte[] model = IdentityModel.Bytes();
        pn_build_options options = default;
        options.struct_size = (uint)sizeof(pn_build_options);
        pn_blob* plan;
        pn_error* error = null;
        fixed (byte* onnx = model)
        {
            Check(NativeMethods.pn_plan_build_memory(onnx, (ulong)model.Length, null, &options, &plan, &error), error);
        }

        return new BlobHandle(plan);
    }

    internal static EngineHandle LoadIdentity()
    {
        using BlobHandle plan = BuildIdentity();
        using HandleLease<pn_blob> lease = plan.Lease();
        pn_engine* engine;
        pn_error* error = null;
        void* data = NativeMethods.pn_blob_data(lease.Pointer);
        Check(NativeMethods.pn_engine_load_memory(data, plan.Size, null, &engine, &error), error);
        return new EngineHandle(engine);
    }

    internal static SessionHandle CreateSession(EngineHandle engine)
    {
        using HandleLease<pn_engine> lease = engine.Lease();
        pn_session* session;
        pn_error* error = null;
        Check(NativeMethods.pn_session_create(lease.Pointer, null, &session, &error), error);
        return new SessionHandle(session, engine);
    }
}
