using System.Runtime.InteropServices;

namespace Pinion.Bindings;

/// <summary>A native error, copied out. Empty texts where the native layer has none.</summary>
internal sealed record NativeError(
    pn_status Status, string Operation, string Message, string Log, string BuiltWith, string RunningOn)
{
    /// <summary>Copies and destroys the error of a failed call.</summary>
    /// <param name="status">What the call returned.</param>
    /// <param name="error">What it gave out; may be null.</param>
    internal static unsafe NativeError Take(int status, pn_error* error)
    {
        if (error is null)
        {
            return new NativeError((pn_status)status, "", "", "", "", "");
        }

        try
        {
            return Read(error);
        }
        finally
        {
            NativeMethods.pn_error_destroy(error);
        }
    }

    private static unsafe NativeError Read(pn_error* error) => new(
        (pn_status)NativeMethods.pn_error_status(error),
        Text(NativeMethods.pn_error_operation(error)),
        Text(NativeMethods.pn_error_message(error)),
        Text(NativeMethods.pn_error_log(error)),
        Text(NativeMethods.pn_error_built_with(error)),
        Text(NativeMethods.pn_error_running_on(error)));

    private static unsafe string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
