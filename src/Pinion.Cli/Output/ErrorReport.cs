using System.Globalization;
using Pinion.Fp16;
using Pinion.Onnx;
using Pinion.Triton;
using Pinion.Vision;
using Pinion.Zoo;

namespace Pinion.Cli;

/// <summary>Turns what went wrong into a message and an exit code; a stack trace appears with PINION_DEBUG=1 only.</summary>
internal static class ErrorReport
{
    public static int Print(Exception exception, bool json)
    {
        ErrorFacts facts = Describe(exception);
        Console.Error.WriteLine($"error: {facts.Message}");
        if (facts.BuiltWith is not null)
        {
            Console.Error.WriteLine($"  built with: {facts.BuiltWith}");
            Console.Error.WriteLine($"  running on: {facts.RunningOn}");
        }

        foreach (string line in (Terminal.LogIsShown ? "" : facts.Log ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Console.Error.WriteLine($"  TensorRT: {line}");
        }

        if (Environment.GetEnvironmentVariable("PINION_DEBUG") == "1")
        {
            Console.Error.WriteLine(exception);
        }

        if (json)
        {
            JsonOutput.Print(new ErrorDocument(facts), JsonForms.Default.ErrorDocument);
        }

        return facts.ExitCode;
    }

    public static ErrorFacts Describe(Exception exception) => exception switch
    {
        UsageException e => Facts(e.Message, ExitCode.Usage),
        BenchmarkSettingException e => Facts(e.Describe(OptionNames.Of), ExitCode.Usage),
        BenchmarkException e => Facts(e.Describe(OptionNames.Of), ExitCode.Failed),
        WorkException or NpyException or GuardException or ImageException or PreprocessingException => Facts(exception.Message, ExitCode.Failed),
        WeightsMismatchException e => Mismatch(e),
        WeightsFileException => Facts($"{exception.Message.TrimEnd('.')}.", ExitCode.Failed),
        ModelRepositoryException => Facts(exception.Message, ExitCode.Failed),
        UnknownModelException => Facts($"{exception.Message} pinion zoo list shows all.", ExitCode.Usage),
        OperationCanceledException => Facts("stopped by Ctrl-C; no file was left half-written.", ExitCode.Interrupted),
        PlanMismatchException e => Native(e) with { BuiltWith = e.BuiltWith, RunningOn = e.RunningOn },
        PinionException e => Native(e),
        ArgumentException e => Facts(WithoutParameter(e), ExitCode.Usage),
        OutOfMemoryException => Facts("memory ran out.", ExitCode.Failed),
        IOException or UnauthorizedAccessException => Facts(exception.Message, ExitCode.Failed),
        _ => Facts(
            string.Create(CultureInfo.InvariantCulture, $"an internal error ({exception.GetType().Name}): {exception.Message} PINION_DEBUG=1 shows where."),
            ExitCode.Failed),
    };

    private static ErrorFacts Facts(string message, int exitCode) => new(message, null, null, null, null, null, exitCode);

    private static ErrorFacts Mismatch(WeightsMismatchException e)
    {
        bool cut = new[] { e.Missing, e.Extra, e.Mismatched }.Any(names => names.Count > WeightsMismatchException.Named);
        return Facts($"{e.Message}.{(cut ? " --json lists all." : "")}", ExitCode.Failed) with
        {
            Weights = new WeightsFacts(e.Missing, e.Extra, e.Mismatched, e.Fits),
        };
    }

    private static ErrorFacts Native(PinionException e) => new(
        e.Message, e.Status.ToString(), e.Operation, null, null, string.IsNullOrWhiteSpace(e.TensorRtLog) ? null : e.TensorRtLog.Trim(),
        e.Status switch
        {
            PinionStatus.InvalidArgument => ExitCode.Usage,
            PinionStatus.Cancelled => ExitCode.Interrupted,
            _ => ExitCode.Failed,
        });

    /// <summary>The message without the name of a parameter, which users of the command line do not know.</summary>
    public static string WithoutParameter(ArgumentException e)
    {
        int suffix = e.Message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return suffix < 0 ? e.Message : e.Message[..suffix];
    }
}
