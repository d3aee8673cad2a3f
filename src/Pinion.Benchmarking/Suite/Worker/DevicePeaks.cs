using System.Globalization;

namespace Pinion.Benchmarking;

/// <summary>Peaks of GPUs: the maker's where they are known here, else worked out from the device's own numbers.</summary>
internal static class DevicePeaks
{
    /// <summary>The first whose name is part of the device's holds. FP16 is that of tensor cores without sparsity.</summary>
    private static readonly (string Name, SuitePeak Peak)[] Known =
    [
        ("V100-SXM2", new SuitePeak(15.7e12, 125e12, 900e9, "data sheet: NVIDIA Tesla V100 (SXM2)")),
        ("V100-PCIE", new SuitePeak(14e12, 112e12, 900e9, "data sheet: NVIDIA Tesla V100 (PCIe)")),
        ("T4", new SuitePeak(8.1e12, 65e12, 320e9, "data sheet: NVIDIA T4")),
        ("H200 NVL", new SuitePeak(60e12, 835e12, 4.8e12, "data sheet: NVIDIA H200 (NVL), FP16 without sparsity")),
        ("H200", new SuitePeak(67e12, 989e12, 4.8e12, "data sheet: NVIDIA H200 (SXM), FP16 without sparsity")),
    ];

    public static SuitePeak Of(DeviceInfo device)
    {
        foreach ((string name, SuitePeak peak) in Known)
        {
            if (device.Name.Contains(name, StringComparison.OrdinalIgnoreCase))
            {
                return peak;
            }
        }

        double flops = 2.0 * Lanes(device.ComputeCapability) * device.Multiprocessors * device.ClockKHz * 1e3;
        double bytes = 2.0 * device.MemoryClockKHz * 1e3 * device.MemoryBusBits / 8;
        return new SuitePeak(
            flops, null, bytes, string.Create(CultureInfo.InvariantCulture, $"worked out from {device.Multiprocessors} multiprocessors, the highest clocks and a bus of {device.MemoryBusBits} bits"));
    }

    /// <summary>FP32 lanes of one multiprocessor.</summary>
    private static int Lanes(Version sm) => (sm.Major, sm.Minor) switch
    {
        (7, _) or (8, 0) => 64,
        (6, 0) => 64,
        _ => 128,
    };
}
