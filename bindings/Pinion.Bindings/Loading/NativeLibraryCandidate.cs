using System.Runtime.InteropServices;

namespace Pinion.Bindings;

/// <summary>Finds, loads and examines the library of one SDK.</summary>
internal static unsafe class NativeLibraryCandidate
{
    internal static NativeLoadAttempt Try(string sdk, NativeLoadOptions options, out nint handle)
    {
        string file = NativeSdk.FileName(sdk);
        var failures = new List<NativeLoadAttempt>();
        foreach (string folder in options.Folders)
        {
            string path = Path.Combine(folder, file);
            if (!File.Exists(path))
            {
                continue;
            }

            NativeLoadAttempt attempt = TryFile(sdk, path, options, out handle);
            if (attempt.Outcome is NativeLoadOutcome.Usable or NativeLoadOutcome.NotUsable)
            {
                return attempt;
            }

            failures.Add(attempt);
        }

        handle = 0;
        if (options.AskSystemLoader)
        {
            NativeLoadAttempt bySystem = TryFile(sdk, file, options, out handle);
            if (bySystem.Outcome is NativeLoadOutcome.Usable or NativeLoadOutcome.NotUsable)
            {
                return bySystem;
            }

            if (!LoadErrorText.SaysNotFound(bySystem.RunProblem, file))
            {
                failures.Add(bySystem);
            }
        }

        if (failures.Count == 0)
        {
            string system = options.AskSystemLoader ? " or by the system loader" : "";
            string reason = $"{file} was not found in {string.Join(", ", options.Folders)}{system}.";
            return new NativeLoadAttempt(sdk, NativeLoadOutcome.NotFound, null, reason);
        }

        return failures[0] with { RunProblem = string.Join("; ", failures.Select(f => f.RunProblem)) };
    }

    private static NativeLoadAttempt TryFile(string sdk, string path, NativeLoadOptions options, out nint handle)
    {
        handle = 0;
        nint loaded;
        if (sdk == NativeSdk.Rtx && options.ForcedSdk is null && File.Exists(path) && !CanLoad(NvidiaDriver.FileName))
        {
            // It is large, and only good for building here: not worth the time to load it.
            return new NativeLoadAttempt(sdk, NativeLoadOutcome.NotUsable, path, $"{path} can only build engines here: {NvidiaDriver.FileName}, NVIDIA's driver, was not found.");
        }

        LoadOnnxRuntime(sdk, path, options);
        try
        {
            loaded = NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            string text = LoadErrorText.Describe(path, e.Message, CanLoad);
            return new NativeLoadAttempt(sdk, NativeLoadOutcome.NotLoadable, path, text);
        }

        if (AbiProblem(loaded, path, options) is string problem)
        {
            NativeLibrary.Free(loaded);
            return new NativeLoadAttempt(sdk, NativeLoadOutcome.WrongAbi, path, problem);
        }

        // From here on the library stays loaded: unloading a CUDA runtime that has started is not safe.
        handle = loaded;
        string? running = Probe(loaded, pn_purpose.PN_PURPOSE_RUN);
        string? building = options.AsksForBuilding || (running is not null && options.ForcedSdk is not null) ? Probe(loaded, pn_purpose.PN_PURPOSE_BUILD) ?? "" : null;
        return new NativeLoadAttempt(
            sdk,
            running is null ? NativeLoadOutcome.Usable : NativeLoadOutcome.NotUsable,
            path,
            running is null ? "" : $"{path}: {running}",
            building);
    }

    /// <summary>ONNX Runtime is a package of its own, and a program that runs from NuGet's folders has it elsewhere than the library that asks for it by name.
    /// What is loaded by then is found.</summary>
    private static void LoadOnnxRuntime(string sdk, string path, NativeLoadOptions options)
    {
        if (NativeSearchFolders.FindOnnxRuntime(sdk, path, options.Folders) is { } found)
        {
            // Where it does not load, the library that needs it says why.
            NativeLibrary.TryLoad(found, out _);
        }
    }

    private static string? AbiProblem(nint library, string path, NativeLoadOptions options)
    {
        const string VersionName = nameof(NativeMethods.pn_abi_version);
        if (!NativeLibrary.TryGetExport(library, VersionName, out nint abiVersion))
        {
            return NotOurs(VersionName);
        }

        uint version = ((delegate* unmanaged[Cdecl]<uint>)abiVersion)();
        uint major = version >> 16;
        uint minor = version & 0xffff;
        if (major != options.AbiMajor || minor < options.AbiMinor)
        {
            return $"{path} has ABI version {major}.{minor}, and {options.AbiMajor}.{options.AbiMinor} is needed: " +
                "the native library and the assemblies are of different releases.";
        }

        foreach (string name in (ReadOnlySpan<string>)[
            nameof(NativeMethods.pn_runtime_probe), nameof(NativeMethods.pn_error_message), nameof(NativeMethods.pn_error_destroy)])
        {
            if (!NativeLibrary.TryGetExport(library, name, out _))
            {
                return NotOurs(name);
            }
        }

        return null;

        string NotOurs(string missing) => $"{path} exports no {missing}: it is not a library of Pinion.";
    }

    /// <summary>Asks the library whether it can do that here. The answer is its own text.</summary>
    private static string? Probe(nint library, pn_purpose purpose)
    {
        var probe = (delegate* unmanaged[Cdecl]<int, pn_error**, int>)NativeLibrary.GetExport(library, nameof(NativeMethods.pn_runtime_probe));
        pn_error* error = null;
        int status = probe((int)purpose, &error);
        if (status == (int)pn_status.PN_OK)
        {
            return null;
        }

        if (error is null)
        {
            return $"the library reports {(pn_status)status} without an explanation.";
        }

        // The P/Invokes are not bound yet: this library may not become the chosen one.
        var message = (delegate* unmanaged[Cdecl]<pn_error*, byte*>)NativeLibrary.GetExport(library, nameof(NativeMethods.pn_error_message));
        var destroy = (delegate* unmanaged[Cdecl]<pn_error*, void>)NativeLibrary.GetExport(library, nameof(NativeMethods.pn_error_destroy));
        string text = Marshal.PtrToStringUTF8((nint)message(error)) ?? "";
        destroy(error);
        return text;
    }

    private static bool CanLoad(string name)
    {
        if (!NativeLibrary.TryLoad(name, out nint handle))
        {
            return false;
        }

        NativeLibrary.Free(handle);
        return true;
    }
}
