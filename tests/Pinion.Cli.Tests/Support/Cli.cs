using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Pinion.Cli.Tests;

/// <summary>What a run of the command left: exit code and both streams.</summary>
internal sealed record CliResult(int ExitCode, string Output, string Errors)
{
    /// <summary>Standard output as the one JSON document that it must be.</summary>
    public JsonElement Json()
    {
        Assert.That(Output, Does.EndWith("\n"));
        using var document = JsonDocument.Parse(Output);
        return document.RootElement.Clone();
    }

    public CliResult Exits(int code)
    {
        Assert.That(ExitCode, Is.EqualTo(code), () => $"standard output:\n{Output}\nstandard error:\n{Errors}");
        Assert.That(Errors, Does.Not.Contain("   at Pinion."), "no stack traces");
        Assert.That(Errors, Does.Not.Contain("(Parameter '"), "no names of the library's parameters");
        return this;
    }

    /// <summary>A failure in words: the exit code, and each fragment on standard error.</summary>
    public CliResult Fails(int code, params string[] fragments)
    {
        Exits(code);
        foreach (string fragment in fragments)
        {
            Assert.That(Errors, Does.Contain(fragment));
        }

        return this;
    }
}

/// <summary>Runs the built command as users do: as a process of its own.</summary>
internal static partial class Cli
{
    /// <summary>For <see cref="RunInShell"/>: not a byte goes into a file, as on a full disk.</summary>
    public const string FullDisk = "trap '' XFSZ; ulimit -f 0; export DOTNET_EnableWriteXorExecute=0; exec \"$@\"";

    private static readonly TimeSpan HangGuard = TimeSpan.FromMinutes(4);

    public static string Executable { get; } = Environment.GetEnvironmentVariable("PINION_TEST_CLI") is { Length: > 0 } path
        ? path
        : Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Pinion.Cli.exe" : "Pinion.Cli");

    public static CliResult Run(params string[] args) => RunWith([], args);

    public static CliResult RunWith((string Name, string Value)[] environment, params string[] args)
    {
        using Process process = Start(environment, args);
        return Finish(process);
    }

    /// <summary>Runs through the shell, for limits and signals that it sets; <paramref name="script"/> sees the command as "$@".</summary>
    public static CliResult RunInShell(string script, params string[] args)
    {
        using Process process = Start([], ["-c", script, "sh", Executable, .. args], "/bin/sh");
        return Finish(process);
    }

    /// <summary>
    /// Runs in a terminal of so many columns, through script of util-linux; both streams come as standard output, without the
    /// terminal's control sequences.
    /// </summary>
    public static CliResult RunInTerminal(int columns, params string[] args)
    {
        string command = string.Join(' ', args.Prepend(Executable).Select(a => $"'{a.Replace("'", @"'\''", StringComparison.Ordinal)}'"));
        using Process process = Start(
            [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("SHELL", "/bin/sh")],
            ["-q", "-e", "-c", $"stty cols {columns} rows 50; exec {command}", "/dev/null"], "/usr/bin/script");
        CliResult result = Finish(process);
        return result with { Output = ControlSequence().Replace(result.Output, "").Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n') };
    }

    [GeneratedRegex(@"\x1b(\[[0-9;?]*[A-Za-z]|[=>])")]
    private static partial Regex ControlSequence();

    public static Process Start((string Name, string Value)[] environment, string[] args, string? program = null)
    {
        // Tests that run as a background job inherit that SIGINT is ignored; the command must not.
        bool restoreInterrupt = program is null && OperatingSystem.IsLinux();
        var start = new ProcessStartInfo(
            restoreInterrupt ? "/usr/bin/env" : program ?? Executable, restoreInterrupt ? ["--default-signal=INT", Executable, .. args] : args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    public static CliResult Finish(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(HangGuard))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} hangs; standard error so far:\n{errors.Result}");
        }

        return new CliResult(process.ExitCode, output.Result, errors.Result);
    }
}
