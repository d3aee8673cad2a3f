using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Pinion.Benchmarking;

/// <summary>Reads what the figures are taken on from the machine itself.</summary>
internal static class EnvironmentFacts
{
    public static SuiteEnvironment Read(bool measurePeak)
    {
        RuntimeInfo info = PinionRuntime.Info;
        DeviceInfo? device = PinionRuntime.GetDevices() is [var first, ..] ? first : null;
        bool gpu = info.Sdk != Sdk.Host && device is not null;
        int? threads = info.HostThreads;
        SuitePeak peak = info.ComputesOnGpu && device is not null ? DevicePeaks.Of(device)
            : measurePeak ? CpuPeak.Measure(threads ?? 1) : new SuitePeak(0, null, 0, "not measured");
        return new SuiteEnvironment(
            info.Sdk, device?.Name ?? "unknown", device?.ComputeCapability.ToString() ?? "0.0", Positive((device?.ClockKHz ?? 0) / 1000),
            Positive((device?.MemoryClockKHz ?? 0) / 1000), device?.TotalBytes ?? 0, gpu ? device!.PciBusId : null, gpu ? Pcie(device!.PciBusId) : null,
            gpu ? Driver() : null, info.CudaRuntime?.ToString(), (info.TensorRtLoaded ?? info.TensorRtCompiled)?.ToString() ?? "unknown",
            info.ComputesOnGpu || string.IsNullOrEmpty(info.OnnxRuntimeVersion) ? null : info.OnnxRuntimeVersion, Cpu(), Environment.ProcessorCount,
            RuntimeInformation.OSDescription, RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(), RuntimeInformation.FrameworkDescription,
            InformationalVersion().Version, InformationalVersion().Commit, LoadAverage(), peak, threads);
    }

    /// <summary>The version and commit that the compiler wrote into the assembly; the commit is unknown outside of a checkout.</summary>
    private static (string Version, string Commit) InformationalVersion()
    {
        string? text = typeof(EnvironmentFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        return text?.Split('+') switch
        {
            [var version, var commit] => (version, commit),
            [var version] => (version, "unknown"),
            _ => ("unknown", "unknown"),
        };
    }

    private static int? Positive(int value) => value > 0 ? value : null;

    private static string Cpu()
    {
        string? model = OperatingSystem.IsLinux()
            ? FirstLine("/proc/cpuinfo", "model name")?.Split(':', 2)[^1].Trim()
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return string.IsNullOrEmpty(model) ? RuntimeInformation.ProcessArchitecture.ToString() : model;
    }

    private static string? Driver() => FirstLine("/proc/driver/nvidia/version", "NVRM")?.Split("  ", StringSplitOptions.RemoveEmptyEntries) is [_, var version, ..] ? version.Trim() : null;

    /// <summary>Linux alone tells the link that is in use.</summary>
    private static string? Pcie(string busId)
    {
        string folder = $"/sys/bus/pci/devices/{busId.ToLowerInvariant()}";
        string? speed = FirstLine($"{folder}/current_link_speed", "");
        string? width = FirstLine($"{folder}/current_link_width", "");
        return speed is null || width is null ? null : $"{speed} x{width}";
    }

    private static double? LoadAverage() =>
        FirstLine("/proc/loadavg", "")?.Split(' ')[0] is { } text && double.TryParse(text, CultureInfo.InvariantCulture, out double load) ? load : null;

    private static string? FirstLine(string path, string start)
    {
        try
        {
            return File.Exists(path) ? File.ReadLines(path).FirstOrDefault(l => l.StartsWith(start, StringComparison.Ordinal)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
