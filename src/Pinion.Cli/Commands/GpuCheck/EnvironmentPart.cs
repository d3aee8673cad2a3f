namespace Pinion.Cli;

/// <summary>What is checked, on what; and whether there is anything to check.</summary>
internal static class EnvironmentPart
{
    public static GpuCheckAnswer Run()
    {
        DoctorDocument doctor = DoctorCommand.Examine();
        var environment = new CheckedEnvironment(doctor, doctor.Sdk is null ? null : SuiteEnvironment.Read());
        bool asked = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PINION_SDK"));
        if (!asked && !HasGpu())
        {
            return new GpuCheckAnswer { Environment = environment, NoGpu = $"NVIDIA's driver is not here, or has no GPU ({Reason(Sdk.Cuda)})." };
        }

        string? problem = doctor.Sdk is null ? PinionRuntime.UnsupportedReason
            : doctor.Sdk == Sdk.Host && !asked ? $"There is a GPU, and no SDK runs on it: {Reason(Sdk.Nvidia)}; {Reason(Sdk.Cuda)}."
            : doctor.Onnxruntime?.Error is { } error ? $"ONNX Runtime does not load: {error}"
            : null;
        return new GpuCheckAnswer { Environment = environment, Failures = problem is null ? [] : [problem], Notes = doctor.Notes };
    }

    /// <summary>A device whose driver does not work is a GPU all the same: that is found out here, not passed over.</summary>
    private static bool HasGpu() => PinionRuntime.CountGpus() > 0 || File.Exists("/dev/nvidia0");

    private static string Reason(Sdk sdk) => PinionRuntime.Unavailable.FirstOrDefault(u => u.Sdk == sdk)?.Reason.TrimEnd('.') ?? $"{sdk.GetName()} was not tried";
}
