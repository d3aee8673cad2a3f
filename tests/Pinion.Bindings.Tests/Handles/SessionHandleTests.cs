namespace Pinion.Bindings.Tests;

internal sealed unsafe class SessionHandleTests
{
    [Test]
    public void A_session_outlives_its_engines_handle()
    {
        EngineHandle engine = Native.LoadIdentity();
        using SessionHandle session = Native.CreateSession(engine);
        engine.Dispose();

        Assert.That(Run(session), Is.EqualTo(Enumerable.Range(1, IdentityModel.Elements).Select(i => (float)i)));
    }

    [Test]
    public void A_session_on_a_closed_engine_is_refused_and_released()
    {
        EngineHandle engine = Native.LoadIdentity();
        pn_session* session;
        pn_error* error = null;
        using (HandleLease<pn_engine> lease = engine.Lease())
        {
            Native.Check(NativeMethods.pn_session_create(lease.Pointer, null, &session, &error), error);
        }

        engine.Dispose();
        nint raw = (nint)session;
        Assert.That(() => new SessionHandle((pn_session*)raw, engine), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void Many_sessions_open_and_close()
    {
        using EngineHandle engine = Native.LoadIdentity();
        for (int i = 0; i < 20; i++)
        {
            using SessionHandle session = Native.CreateSession(engine);
            Assert.That(Run(session)[0], Is.EqualTo(1f));
        }
    }

    [Test]
    public void A_closed_session_answers_and_has_released_its_engine()
    {
        EngineHandle engine = Native.LoadIdentity();
        using SessionHandle session = Native.CreateSession(engine);
        pn_error* error = null;
        Native.Check(session.CloseSession(&error), error);

        using (HandleLease<pn_session> lease = session.Lease())
        {
            Assert.That(NativeMethods.pn_session_state(lease.Pointer), Is.EqualTo((int)pn_run_state.PN_RUN_CLOSED));
            int status = NativeMethods.pn_session_run(lease.Pointer, 0, &error);
            Assert.That(status, Is.EqualTo((int)pn_status.PN_INVALID_STATE));
            Assert.That(NativeError.Take(status, error).Message, Does.Contain("closed"));
        }

        // The last reference: a lease of it fails from now on.
        engine.Dispose();
        Assert.That(() => engine.Lease().Dispose(), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void A_plan_describes_itself_as_text()
    {
        using BlobHandle plan = Native.BuildIdentity();
        pn_blob* json;
        pn_error* error = null;
        using HandleLease<pn_blob> lease = plan.Lease();
        Native.Check(
            NativeMethods.pn_plan_describe_memory(NativeMethods.pn_blob_data(lease.Pointer), plan.Size, &json, &error), error);
        using var text = new BlobHandle(json);
        Assert.That(text.ReadText(), Does.StartWith("{").And.EndWith("}"));
    }

    [Test]
    public void A_blob_gives_no_bytes_beyond_its_end()
    {
        using BlobHandle plan = Native.BuildIdentity();
        Assert.Multiple(() =>
        {
            Assert.That(plan.Slice(0, 1).Length, Is.EqualTo(1));
            Assert.That(() => plan.Slice(plan.Size, 1).Length, Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => plan.Slice(plan.Size + 1, 0).Length, Throws.InstanceOf<ArgumentOutOfRangeException>());
        });
    }

    private static float[] Run(SessionHandle session)
    {
        using HandleLease<pn_session> lease = session.Lease();
        pn_error* error = null;
        int variant;
        Native.Check(NativeMethods.pn_session_prepare(lease.Pointer, null, 0, &variant, &error), error);
        Span<float> input = Buffer(lease.Pointer, 0);
        for (int i = 0; i < input.Length; i++)
        {
            input[i] = i + 1;
        }

        Native.Check(NativeMethods.pn_session_run(lease.Pointer, variant, &error), error);
        return Buffer(lease.Pointer, 1).ToArray();
    }

    private static Span<float> Buffer(pn_session* session, int tensor)
    {
        void* data;
        ulong bytes;
        pn_error* error = null;
        Native.Check(NativeMethods.pn_session_buffer(session, tensor, &data, &bytes, &error), error);
        return new Span<float>(data, IdentityModel.Elements);
    }
}
