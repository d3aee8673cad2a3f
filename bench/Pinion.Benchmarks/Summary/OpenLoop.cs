using System.Diagnostics;
using Pinion.Hosting;

namespace Pinion.Benchmarks;

/// <summary>Requests that come at a rate, whatever becomes of those before.</summary>
/// <param name="RequestsPerSecond">The rate that was reached.</param>
/// <param name="AcceptedPerSecond">Those that were answered.</param>
/// <param name="AcceptedP50Ms">From the call to the answer.</param>
/// <param name="AcceptedP99Ms">The same.</param>
/// <param name="RefusedShare">Of all requests.</param>
/// <param name="RefusalMedianUs">From the call to its return with the refusal; 0 if there was none.</param>
internal sealed record OpenLoopResult(
    double RequestsPerSecond, double AcceptedPerSecond, double AcceptedP50Ms, double AcceptedP99Ms, double RefusedShare, double RefusalMedianUs);

/// <summary>Sends such requests in blocks, and keeps what became of all of them.</summary>
internal sealed class OpenLoop(InferenceModel model, double perSecond)
{
    private readonly List<double> _answers = [];
    private readonly List<double> _refusals = [];
    private readonly TensorInput _input =
        TensorInput.Create("x", [1, BenchmarkModels.IdentityLength], new float[BenchmarkModels.IdentityLength]);

    private double _seconds;
    private int _sent;

    public OpenLoopResult Result => new(
        _sent / _seconds,
        _answers.Count / _seconds,
        Statistics.Percentile(Statistics.Sorted(_answers), 50),
        Statistics.Percentile(Statistics.Sorted(_answers), 99),
        _refusals.Count / (double)_sent,
        _refusals.Count == 0 ? 0 : Statistics.Median(Statistics.Sorted(_refusals)));

    public async Task RunAsync(TimeSpan duration)
    {
        var pending = new List<Task>();
        long start = Stopwatch.GetTimestamp();
        await Task.Run(() =>
        {
            // What is due by now is sent; between two looks the thread sleeps, since the cores are few.
            int sent = 0;
            for (double elapsed = 0; elapsed < duration.TotalSeconds; elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds)
            {
                for (; sent < elapsed * perSecond; sent++)
                {
                    Send(pending);
                }

                Thread.Sleep(1);
            }

            _sent += sent;
        }).ConfigureAwait(false);
        _seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
        await Task.WhenAll(pending).ConfigureAwait(false);
    }

    private void Send(List<Task> pending)
    {
        long sentAt = Stopwatch.GetTimestamp();
        ValueTask<InferenceResult> answer = model.InferAsync(_input);
        if (answer.IsFaulted)
        {
            _refusals.Add(Stopwatch.GetElapsedTime(sentAt).TotalMicroseconds);
            _ = answer.AsTask().Exception;
        }
        else
        {
            pending.Add(ReceiveAsync(answer, sentAt));
        }
    }

    private async Task ReceiveAsync(ValueTask<InferenceResult> answer, long sentAt)
    {
        using InferenceResult result = await answer.ConfigureAwait(false);
        lock (_answers)
        {
            _answers.Add(Stopwatch.GetElapsedTime(sentAt).TotalMilliseconds);
        }
    }
}
