namespace Pinion.Benchmarking;

/// <summary>What a run was measured on, recorded from the machine; null is what it does not tell.</summary>
/// <param name="Sdk">What the native library stands on.</param>
/// <param name="Device">The device's name.</param>
/// <param name="ComputeCapability">Such as <c>7.5</c>.</param>
/// <param name="ClockMHz">The highest core clock.</param>
/// <param name="MemoryClockMHz">The highest memory clock.</param>
/// <param name="DeviceMemoryBytes">All memory of the device.</param>
/// <param name="PciBusId">Where the device is.</param>
/// <param name="Pcie">The link that is in use.</param>
/// <param name="Driver">The driver's version.</param>
/// <param name="Cuda">The CUDA runtime's version.</param>
/// <param name="TensorRt">TensorRT's version.</param>
/// <param name="OnnxRuntime">ONNX Runtime's version, where it computes.</param>
/// <param name="Cpu">The CPU's name.</param>
/// <param name="CpuCores">Its cores that this process may use.</param>
/// <param name="Os">The operating system.</param>
/// <param name="Architecture">Such as <c>x64</c>.</param>
/// <param name="Dotnet">The .NET runtime's version.</param>
/// <param name="Pinion">Pinion's version.</param>
/// <param name="Commit">Pinion's commit; <c>unknown</c> outside of a checkout.</param>
/// <param name="LoadAverage">Of the last minute, at the start.</param>
/// <param name="Peak">What the device can do at most; a CPU with <paramref name="HostThreads"/>.</param>
/// <param name="HostThreads">Threads that compute one inference on the CPU; null where a GPU computes.</param>
public sealed record SuiteEnvironment(
    Sdk Sdk, string Device, string ComputeCapability, int? ClockMHz, int? MemoryClockMHz, long DeviceMemoryBytes, string? PciBusId, string? Pcie,
    string? Driver, string? Cuda, string TensorRt, string? OnnxRuntime, string Cpu, int CpuCores, string Os, string Architecture, string Dotnet,
    string Pinion, string Commit, double? LoadAverage, SuitePeak Peak, int? HostThreads = null)
{
    /// <summary>False on the host SDK: every figure is then one of a CPU.</summary>
    public bool IsGpu => Sdk is Sdk.Nvidia or Sdk.Rtx;

    /// <summary>Asks this machine and the SDK in use, without measuring the CPU's peak.</summary>
    /// <exception cref="PinionLoadException">No SDK loads here.</exception>
    public static SuiteEnvironment Read() => EnvironmentFacts.Read(measurePeak: false);
}

/// <summary>What a device can do at most.</summary>
/// <param name="Fp32Flops">Operations per second in FP32.</param>
/// <param name="Fp16Flops">Operations per second in FP16; null where that is not known.</param>
/// <param name="BytesPerSecond">Of its memory.</param>
/// <param name="Source">Where the figures are from: <c>measured</c>, or the data sheet with its title.</param>
public sealed record SuitePeak(double Fp32Flops, double? Fp16Flops, double BytesPerSecond, string Source);
