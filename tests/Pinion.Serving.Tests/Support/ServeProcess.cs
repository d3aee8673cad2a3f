using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.Json;

namespace Pinion.Serving.Tests;

/// <summary><c>pinion serve</c> as a process of its own, with an environment of its own.</summary>
internal sealed class ServeProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly List<(string Fragment, TaskCompletionSource Seen)> _awaited = [];

    private ServeProcess(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginErrorReadLine();
    }

    public static string Executable { get; } = Environment.GetEnvironmentVariable("PINION_TEST_CLI") is { Length: > 0 } path
        ? path
        : Path.Combine(
            typeof(ServeProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!,
            "artifacts",
            "bin",
            OperatingSystem.IsWindows() ? "pinion.exe" : "pinion");

    /// <summary>What it printed when it was ready.</summary>
    public JsonElement Document { get; private set; }

    public HttpClient Client { get; private set; } = new();

    public int Port => Client.BaseAddress!.Port;

    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public bool HasExited => _process.HasExited;

    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    /// <summary>Starts it on a free port and does not wait until it serves.</summary>
    public static ServeProcess Begin((string Name, string Value)[] environment, params string[] args) =>
        new(Launch(environment, ["--port", "0", "--json", .. args]));

    /// <summary>Starts it on a free port and waits until it serves.</summary>
    public static ServeProcess Start((string Name, string Value)[] environment, params string[] args)
    {
        ServeProcess served = Begin(environment, args);
        var text = new StringBuilder();
        for (string? line = ""; line != "}";)
        {
            line = served._process.StandardOutput.ReadLine();
            if (line is null)
            {
                served._process.WaitForExit();
                Assert.Fail($"pinion serve ended with {served._process.ExitCode}:\n{text}\n{served.Errors}");
            }

            text.AppendLine(line);
        }

        served.Document = JsonDocument.Parse(text.ToString()).RootElement;
        served.Client = new HttpClient { BaseAddress = new Uri(served.Document.GetProperty("url").GetString()!), Timeout = TimeSpan.FromMinutes(2) };
        return served;
    }

    /// <summary>Runs it to its end, for command lines that fail.</summary>
    public static (int ExitCode, string Output, string Errors) Run((string Name, string Value)[] environment, params string[] args)
    {
        using Process process = Launch(environment, args);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(2)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"pinion serve {string.Join(' ', args)} hangs:\n{errors.Result}");
        }

        return (process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>Waits for a line on standard error.</summary>
    public void WaitFor(string fragment)
    {
        var seen = new TaskCompletionSource();
        lock (_errors)
        {
            if (_errors.ToString().Contains(fragment, StringComparison.Ordinal))
            {
                return;
            }

            _awaited.Add((fragment, seen));
        }

        Assert.That(seen.Task.Wait(TimeSpan.FromMinutes(2)), Is.True, () => $"no '{fragment}' in:\n{Errors}");
    }

    public void Signal(string name)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{name} {_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>The exit code, and that nothing more was printed.</summary>
    public int WaitForExit()
    {
        Assert.That(_process.WaitForExit(TimeSpan.FromMinutes(2)), Is.True, () => $"does not end:\n{Errors}");
        _process.WaitForExit();
        Assert.That(_process.StandardOutput.ReadToEnd(), Is.Empty);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        Client.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static Process Launch((string Name, string Value)[] environment, string[] args)
    {
        if (!File.Exists(Executable))
        {
            Assert.Ignore($"{Executable} is not there: ./build.sh makes it, or PINION_TEST_CLI names another");
        }

        // Tests that run as a background job inherit that SIGINT and SIGQUIT are ignored; the command must not.
        string[] all = OperatingSystem.IsLinux() ? ["--default-signal=INT,QUIT", Executable, "serve", .. args] : ["serve", .. args];
        var start = new ProcessStartInfo(OperatingSystem.IsLinux() ? "/usr/bin/env" : Executable, all) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_errors)
        {
            _errors.AppendLine(line);
            foreach ((string fragment, TaskCompletionSource seen) in _awaited)
            {
                if (_errors.ToString().Contains(fragment, StringComparison.Ordinal))
                {
                    seen.TrySetResult();
                }
            }
        }
    }
}
