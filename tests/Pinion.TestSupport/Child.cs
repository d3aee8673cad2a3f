using System.Diagnostics;
using System.Reflection;

namespace Pinion.TestSupport;

/// <summary>Runs a scenario of the test assembly's <c>Scenarios</c> in a process of its own: the native library reads its environment once.</summary>
internal static class Child
{
    public static string RepositoryRoot { get; } = Assembly.GetExecutingAssembly()
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!;

    private static string TestAssembly => TestContext.CurrentContext.Test.Type!.Assembly.Location;

    /// <summary>Gives what the scenario printed; anything but exit code 0 fails the test.</summary>
    public static string Run(string scenario, params (string Name, string Value)[] environment) =>
        Start("dotnet", [TestAssembly, scenario], environment);

    /// <inheritdoc cref="Run(string, ValueTuple{string, string}[])"/>
    public static string Run(string scenario, string argument, params (string Name, string Value)[] environment) =>
        Start("dotnet", [TestAssembly, scenario, argument], environment);

    public static string Start(string program, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(8)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} hangs");
        }

        Assert.That(process.ExitCode, Is.Zero, () => $"{program} {string.Join(' ', arguments)}\n{output.Result}\n{errors.Result}");
        return output.Result.Trim();
    }
}
