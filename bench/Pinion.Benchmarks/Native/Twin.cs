using System.Runtime.InteropServices;

namespace Pinion.Benchmarks;

/// <summary>
/// The native twin (bench/native): a shared library whose C++ loops make the same calls of Pinion's C ABI as the C# loops
/// here, in this process, on the same session, through the library that is loaded already.
/// </summary>
internal sealed unsafe class Twin
{
    private const int MessageBytes = 1024;
    private readonly PinionCalls _calls;
    private readonly delegate* unmanaged[Cdecl]<PinionCalls*, void*, int, int, long*, byte*, int, int> _run;
    private readonly delegate* unmanaged[Cdecl]<PinionCalls*, void*, int, int, long*, byte*, int, int> _runAsync;

    private Twin(nint twin, nint pinion)
    {
        _calls = new PinionCalls
        {
            Run = NativeLibrary.GetExport(pinion, "pn_session_run"),
            EnqueueAsync = NativeLibrary.GetExport(pinion, "pn_session_enqueue_async"),
            SetCompletion = NativeLibrary.GetExport(pinion, "pn_session_set_completion"),
            ErrorMessage = NativeLibrary.GetExport(pinion, "pn_error_message"),
            ErrorDestroy = NativeLibrary.GetExport(pinion, "pn_error_destroy"),
        };
        _run = (delegate* unmanaged[Cdecl]<PinionCalls*, void*, int, int, long*, byte*, int, int>)NativeLibrary.GetExport(twin, "pinion_twin_run");
        _runAsync = (delegate* unmanaged[Cdecl]<PinionCalls*, void*, int, int, long*, byte*, int, int>)NativeLibrary.GetExport(twin, "pinion_twin_run_async");
    }

    /// <summary>The entries of the C ABI that the twin calls.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PinionCalls
    {
        public nint Run;
        public nint EnqueueAsync;
        public nint SetCompletion;
        public nint ErrorMessage;
        public nint ErrorDestroy;
    }

    /// <summary>Loads the twin from the folder that PINION_NATIVE_BENCH names.</summary>
    public static Twin Load()
    {
        string folder = Settings.Require("PINION_NATIVE_BENCH");
        string file = OperatingSystem.IsWindows() ? "pinion_twin.dll" : OperatingSystem.IsMacOS() ? "libpinion_twin.dylib" : "libpinion_twin.so";
        string path = Directory.EnumerateFiles(folder, file, SearchOption.AllDirectories).FirstOrDefault()
            ?? throw new FileNotFoundException($"{folder} has no {file}; ./build.sh bench builds it.");
        return new Twin(NativeLibrary.Load(path), NativeLibrary.Load(PinionRuntime.Info.LibraryPath));
    }

    /// <summary>pn_session_run of variant 0, as often as there are elements.</summary>
    public void Run(Session session, Span<long> nanoseconds)
    {
        PinionCalls calls = _calls;
        byte* message = stackalloc byte[MessageBytes];
        fixed (long* times = nanoseconds)
        {
            Check(_run(&calls, NativeSession.PointerOf(session), 0, nanoseconds.Length, times, message, MessageBytes), message);
        }
    }

    /// <summary>pn_session_enqueue_async of variant 0, with a callback that wakes the calling thread.</summary>
    public void RunAsync(Session session, Span<long> nanoseconds)
    {
        PinionCalls calls = _calls;
        byte* message = stackalloc byte[MessageBytes];
        int status;
        fixed (long* times = nanoseconds)
        {
            status = _runAsync(&calls, NativeSession.PointerOf(session), 0, nanoseconds.Length, times, message, MessageBytes);
        }

        NativeSession.RestoreCompletion(session);
        Check(status, message);
    }

    private static void Check(int status, byte* message)
    {
        if (status != 0)
        {
            throw new InvalidOperationException($"the native twin failed: {Marshal.PtrToStringUTF8((nint)message)}");
        }
    }
}
