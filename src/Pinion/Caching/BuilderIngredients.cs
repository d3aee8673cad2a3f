using System.Globalization;
using System.Runtime.InteropServices;

namespace Pinion;

/// <summary>What builds, as far as it decides about a plan: SDK, TensorRT, CUDA, driver and device.</summary>
/// <param name="Sdk">The SDK.</param>
/// <param name="TensorRt">Its TensorRT with all the numbers that are known.</param>
internal sealed record BuilderIngredients(Sdk Sdk, string TensorRt)
{
    /// <summary>Asks the library of this process, or a builder process where another SDK is to build.</summary>
    /// <exception cref="PinionException">There is no such SDK here.</exception>
    internal static BuilderIngredients Find(EngineCacheOptions options)
    {
        if (!options.InProcess && options.Isolation.Sdk is { } asked)
        {
            var files = BuilderFiles.Find(asked.GetName(), PinionRuntime.EnsureLoaded(asked));
            if (files.Sdk != PinionRuntime.EnsureLoaded().Sdk)
            {
                var hello = BuilderHello.Ask(files);
                return new BuilderIngredients(hello.Sdk, Text(hello.TensorRt, hello.TensorRtBuild));
            }
        }

        RuntimeInfo info = PinionRuntime.Info;
        return new BuilderIngredients(info.Sdk, Text(info.TensorRtLoaded, info.TensorRtBuild));
    }

    /// <exception cref="ArgumentException">There is no such device.</exception>
    internal void Add(IngredientList list, EngineBuildOptions options)
    {
        RuntimeInfo info = PinionRuntime.Info;
        list.Add("Pinion", string.Create(CultureInfo.InvariantCulture, $"{info.PinionVersion}, ABI {NativeConstants.PN_ABI_MAJOR}.{NativeConstants.PN_ABI_MINOR}"));
        list.Add("platform", $"{(OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}");
        list.Add("SDK", Sdk.GetName());
        list.Add("TensorRT", TensorRt);
        if (Sdk is Sdk.Host or Sdk.Rtx)
        {
            // The one builds for the CPU, the other for targets, wherever it is.
            return;
        }

        if (info.Sdk != Sdk)
        {
            throw CacheErrors.DeviceOfAnotherSdk(Sdk, info.Sdk);
        }

        IReadOnlyList<DeviceInfo> devices = PinionRuntime.GetDevices();
        DeviceInfo device = options.Device < devices.Count ? devices[options.Device] : throw CacheErrors.NoSuchDevice(options.Device, devices.Count);
        list.Add("CUDA runtime", info.CudaRuntime?.ToString() ?? "unknown");
        list.Add("CUDA of the driver", info.CudaDriver?.ToString() ?? "none");
        list.Add("device", Describe(device, options.HardwareCompatibility));
    }

    /// <summary>As much of the device as the plan is bound to. A part of one (MIG) has the name of the whole, and fewer multiprocessors.</summary>
    internal static string Describe(DeviceInfo device, HardwareCompatibility compatibility) => compatibility switch
    {
        HardwareCompatibility.AmperePlus when device.ComputeCapability.Major >= 8 => "Ampere or later",
        HardwareCompatibility.SameComputeCapability => $"SM {device.ComputeCapability}",
        _ => string.Create(CultureInfo.InvariantCulture, $"{device.Name}, SM {device.ComputeCapability}, {device.Multiprocessors} multiprocessors"),
    };

    private static string Text(Version? version, int? build) => version is null ? "unknown" : build is null ? $"{version}" : string.Create(CultureInfo.InvariantCulture, $"{version}.{build}");
}
