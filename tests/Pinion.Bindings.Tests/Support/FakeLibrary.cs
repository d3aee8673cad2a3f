using System.Diagnostics;

namespace Pinion.Bindings.Tests;

/// <summary>Compiles libraries that stand for builds of Pinion on other machines.</summary>
internal static class FakeLibrary
{
    internal static readonly uint CurrentAbi = Abi(NativeConstants.PN_ABI_MAJOR, NativeConstants.PN_ABI_MINOR);

    internal static uint Abi(int major, int minor) => ((uint)major << 16) | (uint)minor;

    /// <summary>A library of <paramref name="sdk"/> in <paramref name="folder"/>, with its answers for running and, where they differ, for building. Gives back its path.</summary>
    internal static string Compile(
        string folder, string sdk, uint? abi = null, pn_status status = pn_status.PN_OK, string message = "", pn_status? buildStatus = null)
    {
        string path = System.IO.Path.Combine(folder, NativeSdk.FileName(sdk));
        Run([.. Definitions(abi, status, message, buildStatus), Source, "-o", path]);
        return path;
    }

    /// <summary>A library that needs another one, which has been deleted since.</summary>
    internal static string CompileWithMissingLibrary(string folder, string sdk, string missing)
    {
        string dependency = System.IO.Path.Combine(folder, missing);
        string source = System.IO.Path.Combine(folder, "dependency.c");
        File.WriteAllText(source, "int pn_fake_dependency(void) { return 1; }\n");
        Run([source, "-o", dependency]);
        string path = System.IO.Path.Combine(folder, NativeSdk.FileName(sdk));
        Run([.. Definitions(null, pn_status.PN_OK, ""), "-DFAKE_NEEDS=pn_fake_dependency", Source, dependency, "-o", path]);
        File.Delete(dependency);
        return path;
    }

    /// <summary>A library that needs a function that nothing provides.</summary>
    internal static string CompileWithMissingSymbol(string folder, string sdk, string symbol)
    {
        string path = System.IO.Path.Combine(folder, NativeSdk.FileName(sdk));
        Run([.. Definitions(null, pn_status.PN_OK, ""), $"-DFAKE_NEEDS={symbol}", "-Wl,-z,now", Source, "-o", path]);
        return path;
    }

    /// <summary>Any C file as a library.</summary>
    internal static void CompileSource(string source, string path) => Run([source, "-o", path]);

    private static string Source => System.IO.Path.Combine(AppContext.BaseDirectory, "Support", "fake_library.c");

    private static string[] Definitions(uint? abi, pn_status status, string message, pn_status? buildStatus = null) =>
        [$"-DFAKE_ABI={abi ?? CurrentAbi}u", $"-DFAKE_STATUS={(int)status}", $"-DFAKE_BUILD_STATUS={(int)(buildStatus ?? status)}", $"-DFAKE_MESSAGE=\"{message}\""];

    private static void Run(string[] arguments)
    {
        var start = new ProcessStartInfo("cc", ["-shared", "-fPIC", .. arguments]) { RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"cc {string.Join(' ', start.ArgumentList)}\n{errors}");
        }
    }
}
