using System.Diagnostics;
using System.Text;

namespace Pinion.Build;

/// <summary>Other programs: found or named with the command that installs them, run with their output shown.</summary>
internal static class Tool
{
    private static readonly Dictionary<string, (string Apt, string Brew, string Winget)> Packages = new()
    {
        ["cmake"] = ("cmake", "cmake", "Kitware.CMake"),
        ["ctest"] = ("cmake", "cmake", "Kitware.CMake"),
        ["c++"] = ("g++", "gcc", "Microsoft.VisualStudio.2022.BuildTools"),
        ["xz"] = ("xz-utils", "xz", "7zip.7zip"),
        ["npm"] = ("npm", "node", "OpenJS.NodeJS"),
        ["clang-format-14"] = ("clang-format-14", "clang-format@14", "LLVM.LLVM"),
        ["chromium"] = ("chromium", "--cask chromium", "Hibbiki.Chromium"),
        ["clang-tidy-14"] = ("clang-tidy-14", "llvm@14", "LLVM.LLVM"),
    };

    public static string? Find(string name)
    {
        string[] extensions = OperatingSystem.IsWindows() ? [".exe", ".cmd", ".bat"] : [""];
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        {
            foreach (string extension in extensions)
            {
                string path = Path.Combine(folder, name + extension);
                if (folder.Length > 0 && File.Exists(path))
                {
                    return path;
                }
            }
        }

        return null;
    }

    public static string Require(string name) => Find(name) ?? throw new BuildException($"{name} was not found. Install it: {InstallHint(name)}");

    public static string InstallHint(string name)
    {
        (string apt, string brew, string winget) = Packages.GetValueOrDefault(name, (name, name, name));
        return OperatingSystem.IsWindows() ? $"winget install {winget}"
            : OperatingSystem.IsMacOS() ? $"brew install {brew}"
            : $"sudo apt-get install {apt}";
    }

    /// <summary>Runs with the output on our own console; throws when the exit code is not 0.</summary>
    public static void Run(string name, IEnumerable<string> arguments, string? workingDirectory = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        int code = Exec(name, arguments, workingDirectory, environment, null);
        if (code != 0)
        {
            throw new BuildException($"{Path.GetFileName(name)} failed with exit code {code}.");
        }
    }

    /// <summary>Runs and returns what it printed; errors go to our own console.</summary>
    public static string Output(string name, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Path.IsPathRooted(name) ? name : Require(name), arguments)
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        using Process process = Process.Start(start) ?? throw new BuildException($"{name} did not start.");
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new BuildException($"{Path.GetFileName(name)} failed with exit code {process.ExitCode}.");
    }

    /// <summary>Runs; each line of output goes to the console and to onLine, or only to onLine when quiet.</summary>
    public static int Exec(
        string name,
        IEnumerable<string> arguments,
        string? workingDirectory,
        IReadOnlyDictionary<string, string>? environment,
        Action<string>? onLine,
        bool quiet = false)
    {
        var start = new ProcessStartInfo(Path.IsPathRooted(name) ? name : Require(name))
        {
            WorkingDirectory = workingDirectory ?? Repository.Root,
            RedirectStandardOutput = onLine is not null,
            RedirectStandardError = onLine is not null,
        };
        if (onLine is not null)
        {
            start.StandardOutputEncoding = Encoding.UTF8;
            start.StandardErrorEncoding = Encoding.UTF8;
        }

        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string? key, string? value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        using Process process = Process.Start(start) ?? throw new BuildException($"{name} did not start.");
        if (onLine is not null)
        {
            object gate = new();
            void Handle(object sender, DataReceivedEventArgs e)
            {
                if (e.Data is null)
                {
                    return;
                }

                lock (gate)
                {
                    if (!quiet)
                    {
                        Console.WriteLine(e.Data);
                    }

                    onLine(e.Data);
                }
            }

            process.OutputDataReceived += Handle;
            process.ErrorDataReceived += Handle;
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>Runs quietly; the output is shown only if it fails.</summary>
    public static void RunQuiet(string name, IEnumerable<string> arguments, string? workingDirectory = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var output = new StringBuilder();
        int code = Exec(name, arguments, workingDirectory, environment, line => output.AppendLine(line), quiet: true);
        if (code != 0)
        {
            Console.Error.Write(output);
            throw new BuildException($"{Path.GetFileName(name)} failed with exit code {code}.");
        }
    }
}
