using System.Runtime.InteropServices;
using NUnit.Framework;

namespace Pinion.Zoo.Tests.OnnxRuntime;

/// <summary>
/// ONNX Runtime's C API, loaded from ONNXRUNTIME_ROOT (or its lib/) or from beside the native library. The API is a
/// table of function pointers that only grows at its end; the indices below are those of its public header.
/// </summary>
internal sealed unsafe class OrtLibrary
{
    private static readonly string[] Variables = ["ONNXRUNTIME_ROOT", "PINION_NATIVE_DIR"];

    /// <summary>Old enough for any library in use; newer ones still serve it.</summary>
    private const uint ApiVersion = 16;

    private static readonly Lazy<(OrtLibrary? Library, string Reason)> Loaded = new(Load);

    private readonly void** _api;

    private OrtLibrary(void** api)
    {
        _api = api;
        nint environment;
        Check(((delegate* unmanaged<int, byte*, nint*, void*>)_api[3])(3, Utf8("zoo tests"), &environment));
        Environment = environment;
    }

    public nint Environment { get; }

    /// <summary>The library; without one the calling test is skipped, with the reason.</summary>
    public static OrtLibrary Require()
    {
        if (Loaded.Value.Library is null)
        {
            Assert.Ignore(Loaded.Value.Reason);
        }
        return Loaded.Value.Library!;
    }

    public void* Entry(int index) => _api[index];

    /// <summary>Throws the message of a status that is not null.</summary>
    public void Check(void* status)
    {
        if (status != null)
        {
            string message = Marshal.PtrToStringUTF8(((delegate* unmanaged<void*, nint>)_api[2])(status))!;
            ((delegate* unmanaged<void*, void>)_api[93])(status);
            throw new InvalidOperationException(message);
        }
    }

    /// <summary>Null-terminated text that is never freed: there is little of it in a test run.</summary>
    public static byte* Utf8(string text) => (byte*)Marshal.StringToCoTaskMemUTF8(text);

    private static (OrtLibrary?, string) Load()
    {
        string pattern = OperatingSystem.IsWindows() ? "onnxruntime.dll" : OperatingSystem.IsMacOS() ? "libonnxruntime*.dylib" : "libonnxruntime.so*";
        string[] roots = [.. Variables.Select(System.Environment.GetEnvironmentVariable).OfType<string>().Where(r => r.Length > 0)];
        string? path = roots.SelectMany(r => new[] { r, Path.Combine(r, "lib") })
            .Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateFiles(f, pattern))
            .FirstOrDefault();
        if (path is null)
        {
            return (null, $"neither {string.Join(" nor ", Variables)} names a folder with {pattern}");
        }
        nint library = NativeLibrary.Load(path);
        var getBase = (delegate* unmanaged<void**>)NativeLibrary.GetExport(library, "OrtGetApiBase");
        var api = (void**)((delegate* unmanaged<uint, void*>)getBase()[0])(ApiVersion);
        return api is null ? (null, $"{path} does not know API version {ApiVersion}") : (new OrtLibrary(api), "");
    }
}
