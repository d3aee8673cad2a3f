using System.Collections.Concurrent;
using System.Diagnostics;

namespace Pinion.TestSupport;

/// <summary>A Python 3 with the modules a test needs. Python is no dependency: without it the test is skipped and says so.</summary>
internal sealed class Python
{
    // Importing onnx takes as long as a small test: a program is asked once.
    private static readonly ConcurrentDictionary<string, Python?> Found = new();

    private readonly string _program;

    private Python(string program)
    {
        _program = program;
    }

    public static Python Require(params string[] modules)
    {
        if (Found.GetOrAdd(string.Join("; ", modules.Select(m => $"import {m}")), Find) is { } python)
        {
            return python;
        }

        Assert.Ignore($"no Python 3 with {string.Join(" and ", modules)} was found (Debian: python3-{string.Join(", python3-", modules)})");
        throw new InvalidOperationException();
    }

    private static Python? Find(string imports) =>
        new[] { "python3", "/usr/bin/python3", "python" }.Where(program => Start(program, ["-c", imports]) is { Code: 0 }).Select(program => new Python(program)).FirstOrDefault();

    /// <summary>Runs a script and returns what it printed; fails the test with its errors if it fails.</summary>
    public string Run(string script, params string[] arguments)
    {
        Result result = Start(_program, ["-c", script, .. arguments])!;
        Assert.That(result.Code, Is.Zero, result.Errors);
        return result.Output;
    }

    private static Result? Start(string program, string[] arguments)
    {
        // All three: a child that shares the terminal would stop a test run in the background.
        var info = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        try
        {
            using Process process = Process.Start(info)!;
            process.StandardInput.Close();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return new Result(process.ExitCode, output, errors.Result);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private sealed record Result(int Code, string Output, string Errors);
}
