using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Pinion.Benchmarks;

/// <summary>What the figures were taken on.</summary>
internal sealed record BenchmarkEnvironment(
    string Cpu,
    int Cores,
    string Os,
    string Dotnet,
    string Sdk,
    string Device,
    string TensorRt,
    string OnnxRuntime,
    string Pinion,
    string Commit,
    double? LoadAverageBefore,
    string Date)
{
    public static BenchmarkEnvironment Read()
    {
        RuntimeInfo runtime = PinionRuntime.Info;
        return new BenchmarkEnvironment(
            ReadCpu(),
            Environment.ProcessorCount,
            $"{RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}",
            RuntimeInformation.FrameworkDescription,
            runtime.Sdk.GetName(),
            PinionRuntime.GetDevices()[0].Name,
            $"{runtime.TensorRtLoaded}",
            runtime.OnnxRuntimeVersion ?? "",
            runtime.PinionVersion,
            ReadCommit(),
            ReadLoadAverage(),
            DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
    }

    private static string ReadCpu()
    {
        if (OperatingSystem.IsLinux())
        {
            string? line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
            return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        }

        return OperatingSystem.IsMacOS()
            ? Output("sysctl", "-n", "machdep.cpu.brand_string")
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "";
    }

    private static double? ReadLoadAverage() => OperatingSystem.IsLinux()
        ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture)
        : null;

    /// <summary>Empty outside a checkout; "+" for changes that are not committed.</summary>
    private static string ReadCommit()
    {
        string commit = Output("git", "rev-parse", "--short=12", "HEAD");
        return commit.Length > 0 && Output("git", "status", "--porcelain", "--untracked-files=no").Length > 0 ? commit + "+" : commit;
    }

    private static string Output(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = AppContext.BaseDirectory,
            })!;
            string text = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 ? text : "";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
    }
}
