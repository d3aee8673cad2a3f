namespace Pinion.Cli;

/// <summary>What SDK and device a command works on, in one honest line and as fields.</summary>
internal sealed record RuntimeFacts(string Sdk, string TensorRt, string Device, string Line, IReadOnlyList<string> Notes)
{
    private const string HostSdk = "host";

    /// <summary>Asks the loaded library. <paramref name="precision"/> is the engine's, null where unknown.</summary>
    public static RuntimeFacts Get(int device, Precision? precision)
    {
        RuntimeInfo info = PinionRuntime.Info;
        IReadOnlyList<DeviceInfo> devices = PinionRuntime.GetDevices();
        DeviceInfo? used = devices.FirstOrDefault(d => d.Index == device);
        return Describe(info, used, precision);
    }

    public static RuntimeFacts Describe(RuntimeInfo info, DeviceInfo? device, Precision? precision)
    {
        string version = (info.TensorRtLoaded ?? info.TensorRtCompiled)?.ToString() ?? "of unknown version";
        string name = device?.Name ?? "unknown device";
        bool computesOnHost = !info.ComputesOnGpu;
        string asked = precision is { } p ? DataTypes.Name(p).ToUpperInvariant() : "precision unknown";
        string computed = computesOnHost ? "FP32" : asked;
        string line = info.Sdk switch
        {
            HostSdk => $"no GPU: TensorRT host SDK {version} on the CPU, {computed}",
            "cuda" => $"TensorRT host SDK {version} computes on the CPU, {computed}; memory, streams and copies are those of {name}",
            _ => $"{name} (SM {device?.ComputeCapability.ToString() ?? "?"}), TensorRT {version}, {computed}",
        };
        var notes = new List<string>();
        if (computesOnHost && precision == Precision.Fp16)
        {
            notes.Add("FP16 was asked for; the host SDK computes in FP32, so neither the numbers nor the times are those of FP16.");
        }
        return new RuntimeFacts(info.Sdk, version, name, line, notes);
    }
}
