using System.CommandLine;
using System.Runtime.InteropServices;

namespace Pinion.Cli;

/// <summary><c>pinion doctor</c>: which SDKs load and why the others do not, versions and devices.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "Show which SDK loads and why others do not, versions and devices.");
        command.Complete(["pinion doctor", "pinion doctor --json", "PINION_SDK=nvidia pinion doctor"], (_, context) => Run(context));
        return command;
    }

    private static int Run(CommandContext context)
    {
        DoctorDocument document = Examine();
        if (context.Terminal.Json)
        {
            JsonOutput.Print(document, JsonForms.Default.DoctorDocument);
        }
        else
        {
            Show(context.Terminal, document);
        }

        return document.Sdk is null ? ExitCode.Failed : ExitCode.Done;
    }

    public static DoctorDocument Examine()
    {
        RuntimeInfo? info = PinionRuntime.IsSupported ? PinionRuntime.Info : null;
        var notes = new List<string>();
        var devices = new List<DeviceFacts>();
        if (info is not null)
        {
            devices.AddRange(Devices().Select(d => new DeviceFacts(
                d.Index, d.Name, d.ComputeCapability.ToString(), d.TotalBytes, FreeBytes(d, notes), d.Multiprocessors, d.ClockKHz, d.MemoryClockKHz,
                d.MemoryBusBits, d.L2Bytes, d.PciBusId)));
            if (!info.ComputesOnGpu)
            {
                notes.Add("The host SDK computes on the CPU in FP32; FP16 of a model's own types is rounded at every tensor, what an FP16 flag allows is not.");
            }
        }
        else
        {
            notes.Add($"{PinionRuntime.UnsupportedReason!.Split('\n')[0]} Or build the native library (./build.sh), or set PINION_NATIVE_DIR to the folder that has it.");
        }

        return new DoctorDocument(
            VersionConstant.Text,
            info?.Sdk,
            info?.LibraryPath,
            info is null ? null : new VersionPair(info.TensorRtCompiled?.ToString(), info.TensorRtLoaded?.ToString()),
            info is null ? null : new CudaVersions(info.CudaCompiled?.ToString(), info.CudaRuntime?.ToString(), info.CudaDriver?.ToString()),
            info is null || info.ComputesOnGpu ? null : new OnnxRuntimeFacts(NullIfEmpty(info.OnnxRuntimeVersion), NullIfEmpty(info.OnnxRuntimePath), NullIfEmpty(info.OnnxRuntimeError)),
            info?.FastFp16,
            devices,
            [.. PinionRuntime.ProbeAll().Select(s => new SdkFacts(s.Sdk, s.CannotRun is null, s.CannotBuild is null, s.CannotRun, s.CannotBuild))],
            notes,
            RuntimeInformation.FrameworkDescription,
            RuntimeInformation.OSDescription,
            RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant());
    }

    private static void Show(Terminal terminal, DoctorDocument d)
    {
        terminal.Say($"pinion {d.Pinion} on {d.Os}, {d.Architecture}, {d.Dotnet}");
        if (d.Sdk is not null)
        {
            terminal.Say($"SDK           {d.Sdk?.GetName()} ({d.Library})");
            terminal.Say($"TensorRT      compiled for {d.Tensorrt!.Compiled ?? "?"}, loaded {d.Tensorrt.Loaded ?? "none"}");
            terminal.Say($"CUDA          compiled for {d.Cuda!.Compiled ?? "?"}, runtime {d.Cuda.Runtime ?? "none"}, driver {d.Cuda.Driver ?? "none"}");
            if (d.Onnxruntime is { } ort)
            {
                terminal.Say(ort.Error is null ? $"ONNX Runtime  {ort.Version} ({ort.Path})" : $"ONNX Runtime  does not load: {ort.Error}");
            }

            terminal.Say($"fast FP16     {(d.FastFp16 == true ? "yes" : "no")}");
            ShowDevices(terminal, d.Devices);
        }

        foreach (SdkFacts sdk in d.Sdks)
        {
            terminal.Say($"{sdk.Sdk.GetName(),-13} {Abilities(sdk)}");
        }

        foreach (string note in d.Notes)
        {
            terminal.Say($"note          {note}");
        }
    }

    private static string Abilities(SdkFacts sdk) => (sdk.CanRun, sdk.CanBuild) switch
    {
        (true, true) => "runs and builds engines here",
        (true, false) => $"runs engines here; builds none: {sdk.CannotBuild}",
        (false, true) => $"builds engines here; runs none: {sdk.CannotRun}",
        _ => $"not here: {sdk.CannotRun}",
    };

    /// <summary>None where the SDK in use only builds here.</summary>
    private static IReadOnlyList<DeviceInfo> Devices()
    {
        try
        {
            return PinionRuntime.GetDevices();
        }
        catch (PinionException e) when (e.Status == PinionStatus.NoDevice)
        {
            return [];
        }
    }

    /// <summary>Null, with a note, where another process has the device to itself or its memory is full.</summary>
    private static long? FreeBytes(DeviceInfo device, List<string> notes)
    {
        try
        {
            return PinionRuntime.GetFreeBytes(device.Index);
        }
        catch (PinionException e)
        {
            notes.Add($"Device {device.Index} cannot be used now: {e.Message}");
            return null;
        }
    }

    private static void ShowDevices(Terminal terminal, IReadOnlyList<DeviceFacts> devices)
    {
        var table = new FactTable(keys: 1, "device", "name", "SM", "memory", "free", "SMs", "clock", "bus");
        foreach (DeviceFacts d in devices)
        {
            table.Row($"{d.Index}", d.Name, d.ComputeCapability, Mebibytes(d.TotalBytes), d.FreeBytes is { } free ? Mebibytes(free) : "unknown", $"{d.Multiprocessors}", $"{d.ClockKHz / 1000} MHz", d.PciBusId);
        }

        terminal.Show(table);
    }

    private static string Mebibytes(long bytes) => $"{bytes >> 20} MiB";

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
