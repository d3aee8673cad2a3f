using System.Text;

namespace Pinion.Bindings;

/// <summary>Bytes made by the native layer: a plan or a JSON text.</summary>
internal sealed unsafe class BlobHandle(pn_blob* blob) : NativeHandle<pn_blob>(blob)
{
    internal ulong Size
    {
        get
        {
            using HandleLease<pn_blob> lease = Lease();
            return NativeMethods.pn_blob_size(lease.Pointer);
        }
    }

    /// <summary>Valid until the handle is disposed. A plan may be larger than a span: read it in parts.</summary>
    internal ReadOnlySpan<byte> Slice(ulong offset, int length)
    {
        using HandleLease<pn_blob> lease = Lease();
        ulong size = NativeMethods.pn_blob_size(lease.Pointer);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)length, size - offset);
        return new ReadOnlySpan<byte>((byte*)NativeMethods.pn_blob_data(lease.Pointer) + offset, length);
    }

    internal string ReadText()
    {
        string text = Encoding.UTF8.GetString(Slice(0, checked((int)Size)));
        GC.KeepAlive(this);
        return text;
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.pn_blob_destroy((pn_blob*)handle);
        return true;
    }
}
