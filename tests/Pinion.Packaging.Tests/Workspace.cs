using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Pinion.Packaging.Tests;

/// <summary>The checkout, and a temporary folder outside it in which a stranger's project is built.</summary>
internal sealed class Workspace : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("pinion-packaging-").FullName;

    public static string RepositoryRoot { get; } = FindRoot();

    public static string Rid { get; } =
        (OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")
        + (RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "-arm64" : "-x64");

    public string Write(string name, string text)
    {
        string path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Runs a program in the folder and returns its output; a failure shows all of it.</summary>
    public string Run(string program, params string[] arguments) => Run(Folder, program, arguments);

    public static string Run(string folder, string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The stranger has no checkout: nothing of ours may help.
        foreach (string name in new[] { "PINION_NATIVE_DIR", "PINION_SDK", "ONNXRUNTIME_ROOT", "MSBUILDSDKSPATH", "MSBuildExtensionsPath" })
        {
            start.Environment.Remove(name);
        }

        using Process process = Process.Start(start)!;
        var output = new StringBuilder();
        process.OutputDataReceived += (_, e) => Append(output, e.Data);
        process.ErrorDataReceived += (_, e) => Append(output, e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, () => $"{program} {string.Join(' ', arguments)}\n{output}");
        return output.ToString();
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static void Append(StringBuilder output, string? line)
    {
        if (line is not null)
        {
            lock (output)
            {
                output.AppendLine(line);
            }
        }
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Pinion.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("Pinion.slnx was not found above the test assembly.");
    }
}
