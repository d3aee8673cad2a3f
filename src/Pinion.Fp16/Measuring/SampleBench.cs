using System.Diagnostics;
using Pinion.Onnx;

namespace Pinion.Fp16;

/// <summary>A model in FP32 on samples, run once, and what is compared with it. Owner of what it keeps in its folder. Threads: one at a time.</summary>
internal sealed class SampleBench(
    string model, string folder, GuardSamples samples, GuardLimits limits, IProgress<GuardProgress>? progress, CancellationToken cancellation, int device = 0) : IDisposable
{
    private ReferenceOutputs? _reference;
    private ModelError? _roundedWeights;
    private bool _isHalf;

    public string Model => model;

    public string Folder => folder;

    /// <summary>The model's bytes, as recipes and verdicts know it.</summary>
    public string ModelDigest => field ??= OnnxDigest.Compute(model, cancellation);

    public GuardSamples Samples => samples;

    /// <summary>The least top-1 agreement; null where it is not judged.</summary>
    public double? Top1Limit => limits.Top1AgreementFor(Reference.HasFloats);

    private ReferenceOutputs Reference => _reference ??= RunReference();

    public int[] Order() => [.. Enumerable.Range(0, samples.Count)];

    /// <summary>What rounding the weights alone does.</summary>
    public ModelError RoundedWeights(Fp16Probe probe)
    {
        if (_roundedWeights is null)
        {
            string rounded = Path.Combine(folder, "rounded.onnx");
            probe.WriteRoundedWeights(rounded, cancellation);
            _roundedWeights = Compare("FP32, weights rounded", rounded, probe.InputPrefix, Order(), worst: null, limit: null)!;
            File.Delete(rounded);
            File.Delete(rounded + ".data");
        }

        return _roundedWeights;
    }

    /// <summary>Compares a model on samples; with a limit, null as soon as one sample is beyond it.</summary>
    public ModelError? Compare(string step, string path, string prefix, int[] order, double[]? worst, double? limit)
    {
        // First, so that no two engines are in memory.
        ReferenceOutputs reference = Reference;
        using ModelRun run = Load(step, path, prefix);
        return Compare(reference, step, run, order, worst, limit);
    }

    /// <summary>Compares an engine on all samples.</summary>
    public ModelError Compare(string step, ModelRun run) => Compare(Reference, step, run, Order(), worst: null, limit: null)!;

    public bool IsWithin(ModelError error, double limit) =>
        error.RelativeError <= limit && error.Cosine >= limits.MinCosine && (Top1Limit is not { } least || error.Top1Agreement is not { } top1 || top1 >= least);

    /// <summary>Throws unless the model can be a reference.</summary>
    /// <exception cref="GuardException">It is FP16 by its own types, or gives no number.</exception>
    public void CheckReference()
    {
        _ = Reference;
        if (_isHalf)
        {
            throw new GuardException("the model computes in FP16 by its own types, so it is no FP32 model to compare with; give the FP32 model, or do not verify");
        }

        if (Reference.FirstWithoutNumbers is { } output)
        {
            throw new GuardException($"output '{output}' of the FP32 model has no number on {samples.Description}, only infinities and NaN, so nothing is compared; give real samples, or do not verify");
        }
    }

    /// <summary>The FP32 engine's median time over that of an engine, both run in turn.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="profiles">What both are tuned for.</param>
    public double Speedup(ModelRun engine, IReadOnlyList<OptimizationProfile> profiles)
    {
        const int WarmUps = 5;
        const int Runs = 50;
        using ModelRun full = Load("FP32, timed", model, prefix: "", profiles.Count > 0 ? profiles : null);
        full.Run(0);
        engine.Run(0);
        var times = new List<double>[] { [], [] };
        for (int i = 0; i < WarmUps + Runs; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach ((int which, ModelRun run) in new[] { full, engine }.Index())
            {
                long start = Stopwatch.GetTimestamp();
                run.RunAgain();
                if (i >= WarmUps)
                {
                    times[which].Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                }
            }
        }

        return Median(times[0]) / Median(times[1]);

        static double Median(List<double> values)
        {
            values.Sort();
            return values[values.Count / 2];
        }
    }

    public void Dispose() => _reference?.Dispose();

    private ReferenceOutputs RunReference()
    {
        var reference = new ReferenceOutputs(Path.Combine(folder, "reference"));
        try
        {
            using ModelRun run = Load("FP32", model, prefix: "");
            _isHalf = run.Precision == Precision.Fp16;
            ForEachSample("FP32", run, Order(), _ =>
            {
                reference.Add(run);
                return true;
            });
            return reference;
        }
        catch
        {
            reference.Dispose();
            throw;
        }
    }

    private ModelRun Load(string step, string path, string prefix, IReadOnlyList<OptimizationProfile>? profiles = null)
    {
        progress?.Report(new GuardProgress(step, 0, samples.Count, null));
        return ModelRun.Load(path, samples, prefix, cancellation, device, profiles);
    }

    private ModelError? Compare(ReferenceOutputs reference, string step, ModelRun run, int[] order, double[]? worst, double? limit)
    {
        var tally = new ErrorTally([.. reference.Names]);
        bool isWhole = ForEachSample(step, run, order, sample =>
        {
            Difference[] differences = reference.Compare(run, sample);
            tally.Add(differences);
            if (worst is not null)
            {
                worst[sample] = differences.Max(d => d.RelativeError);
            }

            return limit is not { } most || differences.All(d => d.RelativeError <= most && d.Cosine >= limits.MinCosine);
        });
        ModelError error = tally.ToError();
        return isWhole && (limit is not { } last || IsWithin(error, last)) ? error : null;
    }

    /// <summary>Runs samples until one says no.</summary>
    private bool ForEachSample(string step, ModelRun run, int[] order, Func<int, bool> use)
    {
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < order.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            run.Run(order[i]);
            if (!use(order[i]))
            {
                return false;
            }

            progress?.Report(new GuardProgress(step, i + 1, order.Length, watch.Elapsed / (i + 1) * (order.Length - i - 1)));
        }

        return true;
    }
}
