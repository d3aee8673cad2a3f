using System.Diagnostics;
using Pinion.Tests.Support;

namespace Pinion.Benchmarking.Tests;

/// <summary>Headless Chromium, started once for the tests of one fixture.</summary>
internal sealed class Browser : IDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

    private readonly TemporaryFolder _profile = new();
    private readonly Process _process;

    private Browser(Process process, TemporaryFolder profile, Uri address)
    {
        _process = process;
        _profile = profile;
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>PINION_TEST_CHROMIUM, else the first of the usual names on the path; null where there is none.</summary>
    public static string? Executable => Environment.GetEnvironmentVariable("PINION_TEST_CHROMIUM") is { Length: > 0 } chosen
        ? chosen
        : (from name in Names
           from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
           let path = Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name)
           where folder.Length > 0 && File.Exists(path)
           select path).FirstOrDefault();

    public static string InstallCommand => OperatingSystem.IsWindows() ? "winget install Hibbiki.Chromium"
        : OperatingSystem.IsMacOS() ? "brew install --cask chromium"
        : "sudo apt-get install --no-install-recommends chromium";

    public static async Task<Browser> Start(string executable)
    {
        var profile = new TemporaryFolder();
        var start = new ProcessStartInfo(executable)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in new[]
                 {
                     "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0", $"--user-data-dir={profile.Path}",
                     "--hide-scrollbars", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "about:blank",
                 })
        {
            start.ArgumentList.Add(argument);
        }
        Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();

        // The browser writes its port and path there once it listens.
        string portFile = profile["DevToolsActivePort"];
        DateTime end = DateTime.UtcNow.AddMinutes(2);
        string[] lines = [];
        while (lines.Length < 2)
        {
            if (process.HasExited || DateTime.UtcNow > end)
            {
                string state = process.HasExited ? $"ended with {process.ExitCode}: {await errors}" : "does not listen";
                Kill(process);
                Assert.Fail($"{executable} {state}");
            }
            await Task.Delay(50);
            lines = File.Exists(portFile) ? await File.ReadAllLinesAsync(portFile) : [];
        }
        return new Browser(process, profile, new Uri($"ws://127.0.0.1:{lines[0]}{lines[1]}"));
    }

    public void Dispose()
    {
        Kill(_process);
        _process.Dispose();
        // Helpers of the browser may still be writing their last.
        for (int i = 0; ; i++)
        {
            try
            {
                _profile.Dispose();
                return;
            }
            catch (IOException) when (i < 50)
            {
                Thread.Sleep(100);
            }
        }
    }

    private static void Kill(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
    }
}
