using System.Runtime.InteropServices;

namespace Pinion.Bindings;

/// <summary>NVIDIA's driver, asked without CUDA's runtime, of which a process may lack the library.</summary>
internal static unsafe class NvidiaDriver
{
    /// <summary>The driver's library, by the name that the system's loader finds it by.</summary>
    internal static string FileName => OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";

    /// <summary>How many GPUs this process may use; 0 without a driver, or where it fails. Starts the driver and makes no context.</summary>
    internal static int CountDevices()
    {
        // Once started it stays loaded.
        if (!NativeLibrary.TryLoad(FileName, out nint driver)
            || !NativeLibrary.TryGetExport(driver, "cuInit", out nint start) || !NativeLibrary.TryGetExport(driver, "cuDeviceGetCount", out nint getCount))
        {
            return 0;
        }

        int count = 0;
        return ((delegate* unmanaged<uint, int>)start)(0) == 0 && ((delegate* unmanaged<int*, int>)getCount)(&count) == 0 ? count : 0;
    }
}
