using System.Diagnostics;
using System.Text.Json;

namespace Pinion.Cli;

/// <summary>Runs the parts one after the other, each in a process of its own, and writes what is known after each.</summary>
internal sealed class GpuCheckRun(GpuCheckSettings settings, IReadOnlyList<string> parts, Terminal terminal, GpuCheckReport report)
{
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;
    private readonly long _begin = Stopwatch.GetTimestamp();
    private readonly List<CheckedPart> _done = [];
    private Sdk? _sdk = settings.Sdk;
    private GpuCheckAnswer _known = new();

    /// <exception cref="OperationCanceledException">It was cancelled; what was known is written.</exception>
    public GpuCheckDocument Run(CancellationToken token)
    {
        GpuCheckDocument document = Document();
        foreach (string part in parts)
        {
            terminal.Note($"checking: {part}");
            long begin = Stopwatch.GetTimestamp();
            TimeSpan limit = GpuCheckParts.Limit(part, settings.Limit);
            GpuCheckAnswer answer;
            bool skipped = false;
            try
            {
                answer = part switch
                {
                    GpuCheckParts.NativeTests => NativeTests(limit, token, out skipped),
                    GpuCheckParts.Correctness => Correctness(limit, token, out skipped),
                    _ => Child(part, limit, token),
                };
            }
            catch (WorkException e)
            {
                answer = new GpuCheckAnswer { Failures = [e.Message] };
            }

            string status = answer.Failures.Count > 0 ? CheckedPart.Failed : skipped ? CheckedPart.Skipped : CheckedPart.Passed;
            _done.Add(new CheckedPart(part, status, Stopwatch.GetElapsedTime(begin).TotalSeconds, limit.TotalSeconds, answer.Failures, answer.Notes));
            Keep(answer);
            foreach (string failure in answer.Failures)
            {
                terminal.Note($"FAILED {part}: {failure}");
            }

            document = Document();
            report.Write(document);
            // Without an SDK, or without a GPU, there is nothing that the other parts could be about.
            if (part == GpuCheckParts.Environment && (_known.NoGpu is not null || _known.Environment?.Doctor.Sdk is null))
            {
                break;
            }

            _sdk ??= _known.Environment?.Doctor.Sdk;
        }

        return document;
    }

    private GpuCheckAnswer NativeTests(TimeSpan limit, CancellationToken token, out bool skipped)
    {
        string folder = settings.Tests ?? Path.Combine(settings.Folder, "tests", _sdk!.Value.GetName());
        skipped = NativeTestsPart.Programs(folder).Count == 0;
        return skipped ? new GpuCheckAnswer { Notes = [$"{folder} has no programs."] } : NativeTestsPart.Run(folder, limit, token);
    }

    /// <summary>A process for each model.</summary>
    private GpuCheckAnswer Correctness(TimeSpan limit, CancellationToken token, out bool skipped)
    {
        IReadOnlyList<string> cases = CorrectnessPart.Cases(settings);
        skipped = cases.Count == 0;
        if (skipped)
        {
            return new GpuCheckAnswer { Notes = [$"{settings.References} has no references."] };
        }

        long begin = Stopwatch.GetTimestamp();
        TimeSpan longest = TimeSpan.Zero;
        var models = new List<CheckedModel>();
        var failures = new List<string>();
        var notes = new List<string>();
        foreach (string name in settings.Quick ? cases.Take(1) : cases)
        {
            TimeSpan left = limit - Stopwatch.GetElapsedTime(begin);
            // What began too late would be ended by force, and pass for one that hangs.
            if (left <= longest)
            {
                notes.Add($"{name} was left out: the time of the part was over.");
                continue;
            }

            GpuCheckAnswer answer = Child(GpuCheckParts.Correctness, left, token, name);
            longest = TimeSpan.FromTicks(Math.Max(longest.Ticks, (left - (limit - Stopwatch.GetElapsedTime(begin))).Ticks));
            models.AddRange(answer.Correctness ?? []);
            failures.AddRange(answer.Failures.Select(f => f.StartsWith(name, StringComparison.Ordinal) ? f : $"{name}: {f}"));
            notes.AddRange(answer.Notes);
        }

        return new GpuCheckAnswer { Correctness = models, Failures = failures, Notes = notes };
    }

    private GpuCheckAnswer Child(string part, TimeSpan limit, CancellationToken token, string? model = null)
    {
        SuiteWorkerCommand command = WorkerCommand.OfThisProgram(GpuCheckPartCommand.Arguments(part, settings, limit, model));
        var child = ChildRun.Run(command.Program, command.Arguments, limit, token, _sdk is { } sdk ? [("PINION_SDK", sdk.GetName())] : []);
        try
        {
            return child switch
            {
                { TimedOut: false, ExitCode: ExitCode.Done } => JsonSerializer.Deserialize(child.Output, JsonForms.Default.GpuCheckAnswer)!,
                { TimedOut: false } when child.Output.Length > 0 => Failure(JsonSerializer.Deserialize(child.Output, JsonForms.Default.ErrorDocument)!.Error),
                _ => new GpuCheckAnswer { Failures = [$"its process {child.Ending(limit)}"] },
            };
        }
        catch (JsonException)
        {
            return new GpuCheckAnswer { Failures = [$"its process {child.Ending(limit)}, and its answer is none: {child.Output.Trim()}"] };
        }
    }

    private static GpuCheckAnswer Failure(ErrorFacts error) => new() { Failures = [error.Message], Notes = error.Log?.Split('\n') ?? [] };

    private void Keep(GpuCheckAnswer answer) => _known = new GpuCheckAnswer
    {
        Environment = answer.Environment ?? _known.Environment,
        NoGpu = answer.NoGpu ?? _known.NoGpu,
        NativeTests = answer.NativeTests ?? _known.NativeTests,
        Correctness = answer.Correctness ?? _known.Correctness,
        Copies = answer.Copies ?? _known.Copies,
        Overlap = answer.Overlap ?? _known.Overlap,
        Latency = answer.Latency ?? _known.Latency,
        Memory = answer.Memory ?? _known.Memory,
        Soak = answer.Soak ?? _known.Soak,
    };

    private GpuCheckDocument Document() => new(
        VersionConstant.Text, _known.Environment?.Doctor.Sdk, _known.Environment?.Machine?.Device, _known.NoGpu, _done.All(p => p.Status != CheckedPart.Failed), _started,
        Stopwatch.GetElapsedTime(_begin).TotalSeconds, settings.Limit.TotalSeconds, [.. _done], _known.Environment, _known.NativeTests, _known.Correctness, _known.Copies,
        _known.Overlap, _known.Latency, _known.Memory, _known.Soak);
}
