using System.Runtime.InteropServices;
using System.Text;

namespace Pinion.Benchmarking;

/// <summary>
/// A GPU's SM clock and what holds it down, from NVML, which comes with the driver. Reading takes microseconds and does not touch the
/// device's streams.
/// </summary>
internal sealed unsafe class GpuClocks : IClockSource
{
    private const int SmClock = 1;
    private const ulong SwPowerCap = 0x4;
    private const ulong HwSlowdown = 0x8;
    private const ulong SwThermalSlowdown = 0x20;
    private const ulong HwThermalSlowdown = 0x40;
    private const ulong HwPowerBrake = 0x80;

    private readonly nint _library;
    private readonly delegate* unmanaged[Cdecl]<int> _shutdown;
    private readonly delegate* unmanaged[Cdecl]<nint, int, uint*, int> _clock;
    private readonly delegate* unmanaged[Cdecl]<nint, ulong*, int> _reasons;
    private readonly nint _device;

    private GpuClocks(nint library, nint device)
    {
        _library = library;
        _device = device;
        _shutdown = (delegate* unmanaged[Cdecl]<int>)Export(library, "nvmlShutdown");
        _clock = (delegate* unmanaged[Cdecl]<nint, int, uint*, int>)Export(library, "nvmlDeviceGetClockInfo");
        _reasons = (delegate* unmanaged[Cdecl]<nint, ulong*, int>)Export(library, "nvmlDeviceGetCurrentClocksThrottleReasons");
    }

    public string Description => "NVML, the SM clock every 100 ms";

    public bool CanReadMeanwhile => true;

    public bool IsMHz => true;

    /// <summary>Null where NVML or the device is not to be had.</summary>
    /// <param name="pciBusId">As in <see cref="DeviceInfo.PciBusId"/>.</param>
    /// <param name="path">The library; its usual name if null.</param>
    public static GpuClocks? Open(string pciBusId, string? path = null)
    {
        path ??= OperatingSystem.IsWindows() ? "nvml.dll" : "libnvidia-ml.so.1";
        if (!NativeLibrary.TryLoad(path, out nint library))
        {
            return null;
        }

        var init = (delegate* unmanaged[Cdecl]<int>)Export(library, "nvmlInit_v2");
        var find = (delegate* unmanaged[Cdecl]<byte*, nint*, int>)Export(library, "nvmlDeviceGetHandleByPciBusId_v2");
        if (init is null || find is null || init() != 0)
        {
            NativeLibrary.Free(library);
            return null;
        }

        nint device = 0;
        fixed (byte* id = Encoding.ASCII.GetBytes(pciBusId + '\0'))
        {
            int status = find(id, &device);
            var clocks = new GpuClocks(library, device);
            if (status == 0 && clocks._clock is not null)
            {
                return clocks;
            }

            clocks.Dispose();
            return null;
        }
    }

    public ClockReading? Read()
    {
        uint mhz = 0;
        if (_clock(_device, SmClock, &mhz) != 0)
        {
            return null;
        }

        ulong reasons = 0;
        if (_reasons is not null && _reasons(_device, &reasons) != 0)
        {
            reasons = 0;
        }

        Throttling throttling = Throttling.None;
        throttling |= (reasons & SwPowerCap) != 0 ? Throttling.PowerCap : 0;
        throttling |= (reasons & (SwThermalSlowdown | HwThermalSlowdown)) != 0 ? Throttling.Heat : 0;
        throttling |= (reasons & HwPowerBrake) != 0 ? Throttling.PowerBrake : 0;
        // Set along with the thermal and the brake bit, which say more.
        throttling |= (reasons & HwSlowdown) != 0 && throttling == Throttling.None ? Throttling.Hardware : 0;
        return new ClockReading(mhz, throttling);
    }

    public void Dispose()
    {
        if (_shutdown is not null)
        {
            _ = _shutdown();
        }

        NativeLibrary.Free(_library);
    }

    private static nint Export(nint library, string name) => NativeLibrary.TryGetExport(library, name, out nint address) ? address : 0;
}
