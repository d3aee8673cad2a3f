using System.ComponentModel;
using System.Diagnostics;

namespace Pinion.Cli;

/// <summary>A program that ran to its end or was ended at a limit, and all that it said.</summary>
/// <param name="ExitCode">128 and the signal's number for one that a signal ended.</param>
/// <param name="TimedOut">Whether it was ended at its limit.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Errors">Standard error.</param>
internal sealed record ChildRun(int ExitCode, bool TimedOut, string Output, string Errors)
{
    private const int SignalBase = 128;
    private const int LastLines = 6;

    /// <summary>Its last lines on standard error, in one.</summary>
    private string LastWords => string.Join(" / ", Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(LastLines));

    /// <summary>How it ended, in words that go on after its name.</summary>
    public string Ending(TimeSpan limit)
    {
        string how = TimedOut ? FormattableString.Invariant($"did not end within {limit.TotalSeconds:F0} s")
            : ExitCode > SignalBase ? FormattableString.Invariant($"crashed (signal {ExitCode - SignalBase})")
            : FormattableString.Invariant($"ended with exit code {ExitCode}");
        return LastWords.Length == 0 ? how : $"{how}: {LastWords}";
    }

    /// <exception cref="WorkException">The program cannot be started.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; the program and its children are ended.</exception>
    public static ChildRun Run(string program, IEnumerable<string> arguments, TimeSpan limit, CancellationToken token, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Start(start);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var time = CancellationTokenSource.CreateLinkedTokenSource(token);
        time.CancelAfter(limit);
        bool timedOut = false;
        try
        {
            // Both streams end before the process does, unless it left a child with them.
            Task.WhenAll(output, errors).WaitAsync(time.Token).GetAwaiter().GetResult();
            process.WaitForExitAsync(time.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            token.ThrowIfCancellationRequested();
            timedOut = true;
        }

        return new ChildRun(process.ExitCode, timedOut, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new WorkException($"{start.FileName} cannot be started: {e.Message}", e);
        }
    }
}
