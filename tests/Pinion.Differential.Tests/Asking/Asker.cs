using System.Collections.Concurrent;
using System.Diagnostics;

namespace Pinion.Differential.Tests;

/// <summary>Asks one SDK about many models, in processes of its own: one that crashes or hangs has answered, and the next goes on behind it.</summary>
/// <param name="sdk">The SDK's name, as PINION_SDK takes it.</param>
/// <param name="libraries">The folder of its library.</param>
/// <param name="fill">What glibc fills freed memory with, and new memory with its complement, which takes three times as long; 0 leaves both as they are.</param>
internal sealed class Asker(string sdk, string libraries, int fill = 0)
{
    private const int Processes = 2;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    /// <summary>The library's file, which need not be there.</summary>
    public string Library { get; } = Path.Combine(libraries, OperatingSystem.IsWindows() ? $"pinion_{sdk}.dll" : $"libpinion_{sdk}.{(OperatingSystem.IsMacOS() ? "dylib" : "so")}");

    public override string ToString() => sdk;

    /// <summary>Answers in the order of the models.</summary>
    public IReadOnlyList<Answer> Ask(IReadOnlyList<Case> cases)
    {
        using var folder = new TemporaryFolder();
        var answers = new Answer[cases.Count];
        var waiting = new ConcurrentQueue<int>(Enumerable.Range(0, cases.Count));
        Thread[] threads = [.. Enumerable.Range(0, Processes).Select(n => new Thread(() => AskInTurn(cases, waiting, answers, folder[$"{n}.onnx"])))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        return answers;
    }

    private void AskInTurn(IReadOnlyList<Case> cases, ConcurrentQueue<int> waiting, Answer[] answers, string file)
    {
        Conversation? conversation = null;
        while (waiting.TryDequeue(out int index))
        {
            File.WriteAllBytes(file, cases[index].Write());
            conversation ??= new Conversation(sdk, libraries, fill);
            answers[index] = conversation.Ask(file);
            if (answers[index].Verdict is Verdict.Crashed or Verdict.TimedOut)
            {
                conversation.Dispose();
                conversation = null;
            }
        }

        conversation?.Dispose();
    }

    /// <summary>A process that answers until it dies.</summary>
    private sealed class Conversation : IDisposable
    {
        private readonly Process _process;
        private readonly ConcurrentQueue<string> _errors = new();

        public Conversation(string sdk, string libraries, int fill)
        {
            var start = new ProcessStartInfo("dotnet", [typeof(Respondent).Assembly.Location, "answer"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["PINION_SDK"] = sdk;
            start.Environment["PINION_NATIVE_DIR"] = libraries;
            // The models are small: threads would only wait for each other.
            start.Environment["PINION_HOST_THREADS"] = "1";
            start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
            if (fill != 0)
            {
                start.Environment["GLIBC_TUNABLES"] = $"glibc.malloc.perturb={fill}";
            }

            _process = Process.Start(start)!;
            _process.ErrorDataReceived += (_, line) => Keep(line.Data);
            _process.BeginErrorReadLine();
        }

        public Answer Ask(string file)
        {
            try
            {
                _process.StandardInput.WriteLine(file);
                _process.StandardInput.Flush();
            }
            catch (IOException)
            {
                return Crashed();
            }

            var asked = Stopwatch.StartNew();
            while (true)
            {
                Task<string?> line = _process.StandardOutput.ReadLineAsync();
                TimeSpan left = Limit - asked.Elapsed;
                if (left <= TimeSpan.Zero || !line.Wait(left))
                {
                    return Answer.Without(Verdict.TimedOut, $"no answer within {Limit.TotalSeconds} s");
                }

                if (line.Result is null)
                {
                    return Crashed();
                }

                if (line.Result.StartsWith(Respondent.Mark, StringComparison.Ordinal))
                {
                    return Answer.FromJson(line.Result[Respondent.Mark.Length..]);
                }
            }
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(TimeSpan.FromSeconds(1)))
            {
                _process.Kill(entireProcessTree: true);
            }

            _process.Dispose();
        }

        private Answer Crashed()
        {
            _process.WaitForExit();
            return Answer.Without(Verdict.Crashed, $"exit code {_process.ExitCode}: {string.Join(" ", _errors)}");
        }

        private void Keep(string? line)
        {
            const int Kept = 8;
            if (line is { Length: > 0 } && _errors.Count < Kept)
            {
                _errors.Enqueue(line);
            }
        }
    }
}
