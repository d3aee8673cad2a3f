using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Pinion;

/// <summary>
/// The program that builds: its pipes, its memory and its end. Its temporary files lie in a folder that goes away with this object, since a process that is killed tidies
/// nothing up. Threads: any for <see cref="Kill"/> and <see cref="ResidentBytes"/>, else one.
/// </summary>
internal sealed class BuilderProcess : IDisposable
{
    // A process that has answered has nothing left to do.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly int _id;
    private readonly string? _folder;

    private BuilderProcess(Process process, string? folder, BuilderFiles files)
    {
        _process = process;
        _id = process.Id;
        _folder = folder;
        Files = files;
    }

    internal BuilderFiles Files { get; }

    internal Stream Input => _process.StandardInput.BaseStream;

    internal Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>What it has in memory now; 0 once it has ended.</summary>
    internal long ResidentBytes
    {
        get
        {
            try
            {
                // An object of its own: the other is in use by the thread that waits.
                using var now = Process.GetProcessById(_id);
                return now.WorkingSet64;
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
            {
                return 0;
            }
        }
    }

    /// <exception cref="PinionException">The program or the library is missing, or does not start.</exception>
    internal static BuilderProcess Start(BuilderFiles files)
    {
        if (files.Library is null)
        {
            throw BuildErrors.NoLibraryToBuildWith(files);
        }

        string program = files.Program ?? throw BuildErrors.NoBuilderProgram(files);
        string? folder = CreateFolder();
        try
        {
            return new BuilderProcess(Start(program, files, folder), folder, files);
        }
        catch (Exception e)
        {
            Delete(folder);
            throw e is Win32Exception or IOException or UnauthorizedAccessException ? BuildErrors.BuilderDoesNotStart(program, e) : e;
        }
    }

    internal void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }

    /// <summary>Waits for the end of a process that has nothing to say any more.</summary>
    /// <returns>Its exit code; 128 and the signal's number where one ended it.</returns>
    internal int WaitForExit()
    {
        if (!_process.WaitForExit(Patience))
        {
            Kill();
            _process.WaitForExit();
        }

        return _process.ExitCode;
    }

    public void Dispose()
    {
        Kill();
        _process.WaitForExit();
        _process.Dispose();
        Delete(_folder);
    }

    private static Process Start(string program, BuilderFiles files, string? folder)
    {
        const int AccessDenied = 13;
        try
        {
            return Process.Start(Info(program, [files.Library!], files, folder))!;
        }
        catch (Win32Exception e) when (e.NativeErrorCode == AccessDenied && OperatingSystem.IsLinux())
        {
            // NuGet drops the executable bit, and the folder may be read-only: the system's loader takes any program that it can read.
            return Process.Start(Info(ElfInterpreter(program), [program, files.Library!], files, folder))!;
        }
    }

    private static ProcessStartInfo Info(string program, IEnumerable<string> arguments, BuilderFiles files, string? folder)
    {
        const string OnnxRuntimeFolder = "ONNXRUNTIME_ROOT";
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, CreateNoWindow = true };
        if (folder is not null)
        {
            info.Environment[OperatingSystem.IsWindows() ? "TMP" : "TMPDIR"] = folder;
        }

        if (files.OnnxRuntimeFolder is not null)
        {
            info.Environment.TryAdd(OnnxRuntimeFolder, files.OnnxRuntimeFolder);
        }

        return info;
    }

    /// <summary>The loader that a program names for itself, as the kernel would read it.</summary>
    private static string ElfInterpreter(string program)
    {
        const int HeaderBytes = 64;
        const int ProgramHeaderBytes = 56;
        const int Interpreter = 3;
        byte[] file = File.ReadAllBytes(program);
        if (file.Length < HeaderBytes || !file.AsSpan().StartsWith("\u007fELF"u8))
        {
            throw new IOException("it is no program of this system");
        }

        long at = BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(32));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(56));
        for (int i = 0; i < count && at >= 0 && at <= file.Length - ProgramHeaderBytes; i++, at += ProgramHeaderBytes)
        {
            ReadOnlySpan<byte> header = file.AsSpan((int)at, ProgramHeaderBytes);
            long offset = BinaryPrimitives.ReadInt64LittleEndian(header[8..]);
            long length = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
            if (BinaryPrimitives.ReadInt32LittleEndian(header) == Interpreter && offset > 0 && length > 0 && offset <= file.Length - length)
            {
                return Encoding.UTF8.GetString(file.AsSpan((int)offset, (int)length)).TrimEnd('\0');
            }
        }

        throw new IOException("it names no loader");
    }

    /// <summary>Null where there is no place for one; the build may need none.</summary>
    private static string? CreateFolder()
    {
        try
        {
            return Directory.CreateTempSubdirectory($"pinion-{Environment.ProcessId}-").FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Delete(string? folder)
    {
        try
        {
            if (folder is not null)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It lies among the temporary files, where others clean up too.
        }
    }
}
