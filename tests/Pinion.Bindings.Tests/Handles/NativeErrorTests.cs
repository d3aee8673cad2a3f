using System.Runtime.InteropServices;

namespace Pinion.Bindings.Tests;

internal sealed unsafe class NativeErrorTests
{
    [Test]
    public void Carries_what_the_library_says()
    {
        pn_engine* engine = null;
        pn_error* error = null;
        int status;
        fixed (byte* path = "/no/such/folder/model.plan\0"u8)
        {
            status = NativeMethods.pn_engine_load_file(path, null, &engine, &error);
        }

        bool untouched = engine == null;
        var taken = NativeError.Take(status, error);
        Assert.Multiple(() =>
        {
            Assert.That(untouched, Is.True, "out parameters are written on success only");
            Assert.That(taken.Status, Is.EqualTo(pn_status.PN_NOT_FOUND));
            Assert.That(taken.Message, Does.Contain("/no/such/folder/model.plan"));
            Assert.That(taken.Operation, Is.Not.Empty);
            Assert.That(taken.BuiltWith, Is.Empty);
        });
    }

    [Test]
    public void Without_an_error_object_the_status_remains() =>
        Assert.That(NativeError.Take((int)pn_status.PN_NOT_READY, null).Status, Is.EqualTo(pn_status.PN_NOT_READY));

    [Test]
    public void An_error_that_nobody_asks_for_is_no_leak_and_no_crash()
    {
        nint path = Marshal.StringToCoTaskMemUTF8("/no/such/folder/model.plan");
        pn_engine* engine;
        int status = NativeMethods.pn_engine_load_file((byte*)path, null, &engine, null);
        Marshal.FreeCoTaskMem(path);
        Assert.That((pn_status)status, Is.EqualTo(pn_status.PN_NOT_FOUND));
    }
}
