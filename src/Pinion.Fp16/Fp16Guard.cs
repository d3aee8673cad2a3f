using System.Diagnostics;
using Pinion.Onnx;

namespace Pinion.Fp16;

/// <summary>
/// Converts a model to FP16 and proves it: the converted model runs on samples and is compared with the FP32 model. Where it is beyond the limits, the nodes that FP16
/// harms are found by measuring each by itself, and the smallest set that must stay FP32 is searched. Everything runs on the SDK that
/// <see cref="PinionRuntime"/> has loaded; the host SDK rounds every FP16 tensor of the model, so no GPU is needed. Threads: any, one guard at a time is advisable.
/// </summary>
public sealed class Fp16Guard
{
    /// <summary>What has a recipe's file behind the model's name.</summary>
    public const string RecipeSuffix = ".recipe.json";

    private const string TrialSuffix = ".guard.json";

    /// <summary>Nodes are measured on those samples that FP16 does worst on.</summary>
    private const int MeasuredSamples = 8;

    private readonly string _model;
    private readonly string _output;
    private readonly SampleBench _bench;
    private readonly GuardSamples _samples;
    private readonly GuardOptions _options;
    private readonly IProgress<GuardProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly IReadOnlyDictionary<string, IReadOnlyList<long>> _shapes;
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    private Fp16Guard(SampleBench bench, string output, GuardOptions options, IProgress<GuardProgress>? progress, CancellationToken cancellation) =>
        (_model, _output, _bench, _samples, _options, _progress, _cancellation, _shapes) = (bench.Model, output, bench, bench.Samples, options, progress, cancellation, bench.Samples.CommonShapes());

    private string RecipePath => _options.RecipePath ?? Path.ChangeExtension(_output, RecipeSuffix);

    private string HalfPath => Path.Combine(_bench.Folder, "half.onnx");

    /// <summary>Converts a model and writes it, and its recipe, if it is within the limits. Takes as long as two runs of every sample at least.</summary>
    /// <param name="model">An ONNX file; it is not changed.</param>
    /// <param name="output">The FP16 model's file; with the recipe it appears whole or not at all.</param>
    /// <param name="samples">What the model is run on.</param>
    /// <param name="options">What to convert, and the limits; null takes every default.</param>
    /// <param name="progress">Hears of every sample.</param>
    /// <param name="cancellation">Stops between two samples. Trials so far are kept in <c>OUTPUT.guard.json</c>, and the next guard of the same goes on there.</param>
    /// <exception cref="GuardException">Samples or limits are of no use, or the output cannot be.</exception>
    /// <exception cref="InvalidDataException">The model cannot be converted.</exception>
    /// <exception cref="PinionException">The model cannot be built or run here.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static GuardReport Run(
        string model, string output, GuardSamples samples, GuardOptions? options = null, IProgress<GuardProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        ArgumentException.ThrowIfNullOrEmpty(output);
        ArgumentNullException.ThrowIfNull(samples);
        options ??= new GuardOptions();
        using var folder = WorkFolder.Create();
        using var bench = new SampleBench(model, folder.Path, samples, options.Limits, progress, cancellation);
        return Run(bench, output, options, progress, cancellation);
    }

    /// <summary>The same beside what else is compared with the model.</summary>
    internal static GuardReport Run(SampleBench bench, string output, GuardOptions options, IProgress<GuardProgress>? progress, CancellationToken cancellation)
    {
        options.Validate();
        CheckFiles(bench.Model, output, options.RecipePath);
        ModelRun.CheckRuntime();
        return new Fp16Guard(bench, output, options, progress, cancellation).Run();
    }

    /// <summary>Found out now rather than after minutes of measuring.</summary>
    private static void CheckFiles(string model, string output, string? recipe)
    {
        string[] parts = [.. OnnxExternalData.Find(model), model];
        foreach (string file in recipe is null ? [output] : new[] { output, recipe })
        {
            if (parts.FirstOrDefault(m => FinalTarget.AreSame(file, m)) is { } part)
            {
                throw new GuardException(part == model ? $"'{file}' is the model itself; name another file" : $"'{file}' holds the model's weights; name another file");
            }

            if (Directory.Exists(file))
            {
                throw new GuardException($"'{file}' is a folder; name a file in it");
            }

            string folder = Path.GetDirectoryName(Path.GetFullPath(file)) ?? "/";
            if (!Directory.Exists(folder))
            {
                throw new GuardException($"'{file}' cannot be written: the folder '{folder}' does not exist");
            }
        }

        if (recipe is not null && (FinalTarget.AreSame(recipe, output) || FinalTarget.AreSame(recipe, output + ".data")))
        {
            throw new GuardException($"'{recipe}' is to hold the recipe and the model; name another file for one of them");
        }
    }

    private GuardReport Run()
    {
        var probe = Fp16Probe.Open(_model, _options.Conversion with { InputShapes = _shapes }, _cancellation);
        double[] worst = new double[_samples.Count];
        ModelError plain = Measure("FP16", _options.Conversion, worst);
        double plainSeconds = _watch.Elapsed.TotalSeconds;

        ModelError roundedWeights = _bench.RoundedWeights(probe);
        double limit = _options.Limits.RelativeErrorFor(roundedWeights.RelativeError);
        bool isWithin = _bench.IsWithin(plain, limit);

        int[] worstFirst = [.. _bench.Order().OrderByDescending(s => worst[s])];
        var nodes = new NodeMeasure(probe, _samples, _bench.Folder, (step, done, total) => _progress?.Report(new GuardProgress(step, done, total, null)), _cancellation);
        IReadOnlyList<NodeStatistics> statistics = isWithin && !_options.MeasureAllNodes ? [] : nodes.Run(_model, worstFirst[..Math.Min(MeasuredSamples, worstFirst.Length)]);

        var facts = new Facts(probe, plain, roundedWeights, limit, worstFirst, statistics, nodes.Unmeasured, plainSeconds);
        if (!isWithin)
        {
            return Search(facts);
        }

        // What a search for another limit has left is of no use any more.
        File.Delete(_output + TrialSuffix);
        return Finish(facts, plain, new Dictionary<string, string>(), trials: 0, isSmallest: true);
    }

    private GuardReport Search(Facts facts)
    {
        RuntimeInfo info = PinionRuntime.Info;
        string runtime = $"{info.Sdk} {info.TensorRtLoaded} {info.OnnxRuntimeVersion} {info.PinionVersion}";
        Fp16Options conversion = _options.Conversion;
        var file = TrialFile.Open(_output + TrialSuffix, string.Join('\n',
            [_bench.ModelDigest, _samples.Digest, runtime, $"{facts.Limit:R} {_options.Limits}", $"{conversion.HalfInputsAndOutputs}", .. conversion.Include, "-", .. conversion.Exclude, "-", .. conversion.Keep.Keys.Order(StringComparer.Ordinal)]));
        bool Passes(IReadOnlyList<string> kept)
        {
            if (file.Find(kept) is { } known)
            {
                return known;
            }

            bool passes = _bench.Compare($"FP16, {Counted.Of(kept.Count, "node")} kept", Convert(HalfPath, Keeping(kept.ToDictionary(k => k, _ => ""))), prefix: "", facts.WorstFirst, worst: null, facts.Limit) is not null;
            file.Add(kept, passes);
            return passes;
        }

        var suspects = new Suspects(facts.Probe, facts.Statistics);
        var search = new SuspectSearch(Passes, _options.MaxTrials);
        IReadOnlyList<string>? found = search.Find(suspects.Tiers());
        if (found is null)
        {
            file.Delete();
            return Refuse(facts, facts.Plain, search.Trials);
        }

        IReadOnlyDictionary<string, string> reasons = suspects.Reasons(found);
        ModelError best = Measure($"FP16, {Counted.Of(found.Count, "node")} kept", Keeping(reasons), new double[_samples.Count]);
        // Trials of a former search were not run now.
        GuardReport report = _bench.IsWithin(best, facts.Limit) ? Finish(facts, best, reasons, search.Trials, !search.IsCutShort) : Refuse(facts, best, search.Trials);
        file.Delete();
        return report;
    }

    private GuardReport Refuse(Facts facts, ModelError error, int trials) =>
        Report(facts, error, new Dictionary<string, string>(), trials, isSmallest: false, conversion: null, recipe: null);

    private GuardReport Finish(Facts facts, ModelError error, IReadOnlyDictionary<string, string> kept, int trials, bool isSmallest)
    {
        Fp16Options conversion = Keeping(kept);
        RuntimeInfo runtime = PinionRuntime.Info;
        var recipe = new Fp16Recipe
        {
            Model = Path.GetFileName(_model),
            ModelSha256 = _bench.ModelDigest,
            HalfInputsAndOutputs = conversion.HalfInputsAndOutputs,
            Include = conversion.Include,
            Exclude = conversion.Exclude,
            Keep = [.. conversion.Keep.Select(k => new Fp16RecipeNode(k.Key, k.Value))],
            Measured = new Fp16RecipeMeasure(
                _samples.Description, _samples.Count, $"SDK {runtime.Sdk.GetName()}, TensorRT {runtime.TensorRtLoaded ?? runtime.TensorRtCompiled}", facts.Limit, _options.Limits.MinCosine,
                _bench.Top1Limit, error.RelativeError, error.Cosine, error.Top1Agreement, facts.Plain.RelativeError, facts.RoundedWeights.RelativeError),
        };
        // Written before the model, and given its name after it: both appear, or neither.
        using var file = AtomicFile.Create(RecipePath);
        recipe.Write(file.Stream);
        Fp16Report report = Fp16Converter.Convert(_model, _output, conversion, progress: null, _cancellation);
        file.Commit();
        return Report(facts, error, kept, trials, isSmallest, report, RecipePath);
    }

    private GuardReport Report(
        Facts facts, ModelError error, IReadOnlyDictionary<string, string> kept, int trials, bool isSmallest, Fp16Report? conversion, string? recipe) => new(
        conversion is not null, _samples.Description, _samples.Count, facts.Limit, _options.Limits, facts.Plain, facts.RoundedWeights, error, kept, facts.Statistics, facts.Unmeasured,
        trials, isSmallest, conversion, recipe, facts.PlainSeconds, _watch.Elapsed.TotalSeconds);

    private Fp16Options Keeping(IReadOnlyDictionary<string, string> kept)
    {
        var all = new Dictionary<string, string>(_options.Conversion.Keep, StringComparer.Ordinal);
        foreach ((string node, string reason) in kept)
        {
            all[node] = reason;
        }

        return _options.Conversion with { Keep = all };
    }

    private string Convert(string path, Fp16Options options)
    {
        Fp16Converter.Convert(_model, path, options with { InputShapes = _shapes }, progress: null, _cancellation);
        return path;
    }

    private ModelError Measure(string step, Fp16Options options, double[] worst) =>
        _bench.Compare(step, Convert(HalfPath, options), prefix: "", _bench.Order(), worst, limit: null)!;

    /// <summary>What is known before a search.</summary>
    private sealed record Facts(
        Fp16Probe Probe, ModelError Plain, ModelError RoundedWeights, double Limit, int[] WorstFirst, IReadOnlyList<NodeStatistics> Statistics,
        IReadOnlyList<string> Unmeasured, double PlainSeconds);
}
