namespace Pinion.Benchmarking;

/// <summary>What SDK and device an engine works on, in one honest line and as fields.</summary>
/// <param name="Sdk">What the native library stands on.</param>
/// <param name="TensorRt">TensorRT's version.</param>
/// <param name="Device">The device's name.</param>
/// <param name="Line">All of it in a sentence without a full stop.</param>
/// <param name="Notes">What the figures are not, such as those of FP16 where FP32 was computed.</param>
public sealed record RuntimeFacts(Sdk Sdk, string TensorRt, string Device, string Line, IReadOnlyList<string> Notes)
{
    /// <summary>Asks the loaded library.</summary>
    /// <param name="device">The index of the device.</param>
    /// <param name="precision">The engine's; null where it is not known.</param>
    /// <exception cref="PinionLoadException">No SDK loads here.</exception>
    public static RuntimeFacts Get(int device, Precision? precision)
    {
        RuntimeInfo info = PinionRuntime.Info;
        DeviceInfo? used = info.Sdk == Sdk.Rtx && PinionRuntime.CannotRun is not null ? null : PinionRuntime.GetDevices().FirstOrDefault(d => d.Index == device);
        return Describe(info, used, precision);
    }

    /// <summary>Puts what is known into words.</summary>
    public static RuntimeFacts Describe(RuntimeInfo info, DeviceInfo? device, Precision? precision)
    {
        ArgumentNullException.ThrowIfNull(info);
        return Describe(info.Sdk, info.TensorRtLoaded ?? info.TensorRtCompiled, device, precision);
    }

    /// <summary>Puts what is known into words, also of an SDK that another process has in use.</summary>
    public static RuntimeFacts Describe(Sdk sdk, Version? tensorRt, DeviceInfo? device, Precision? precision)
    {
        string version = tensorRt?.ToString() ?? "of unknown version";
        string name = device?.Name ?? "unknown device";
        bool computesOnHost = sdk is Sdk.Host or Sdk.Cuda;
        string asked = precision is { } p ? p.GetName().ToUpperInvariant() : "precision unknown";
        string computed = !computesOnHost ? asked : precision == Precision.Fp16 ? "FP16 in FP32 arithmetic" : "FP32";
        string line = sdk switch
        {
            Sdk.Host => $"no GPU: TensorRT host SDK {version} on the CPU, {computed}",
            Sdk.Cuda => $"TensorRT host SDK {version} computes on the CPU, {computed}; memory, streams and copies are those of {name}",
            Sdk.Rtx when device is null => $"TensorRT for RTX {version}, which needs no GPU to build, {computed}",
            Sdk.Rtx => $"{name} (SM {device.ComputeCapability}), TensorRT for RTX {version}, {computed}",
            _ => $"{name} (SM {device?.ComputeCapability.ToString() ?? "?"}), TensorRT {version}, {computed}",
        };
        var notes = new List<string>();
        if (computesOnHost && precision == Precision.Fp16)
        {
            notes.Add("The host SDK computes FP16 in FP32 arithmetic and rounds what the model's types make FP16 at every tensor; what only a flag allows is not rounded, and no time is FP16's.");
        }

        return new RuntimeFacts(sdk, version, name, line, notes);
    }
}
