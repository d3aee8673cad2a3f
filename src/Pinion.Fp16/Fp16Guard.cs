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
    private readonly string _folder;
    private readonly GuardSamples _samples;
    private readonly GuardOptions _options;
    private readonly IProgress<GuardProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly IReadOnlyDictionary<string, IReadOnlyList<long>> _shapes;
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    private Fp16Guard(
        string model, string output, string folder, GuardSamples samples, GuardOptions options, IProgress<GuardProgress>? progress, CancellationToken cancellation) =>
        (_model, _output, _folder, _samples, _options, _progress, _cancellation, _shapes) = (model, output, folder, samples, options, progress, cancellation, samples.CommonShapes());

    private string RecipePath => _options.RecipePath ?? Path.ChangeExtension(_output, RecipeSuffix);

    private string Digest => field ??= OnnxDigest.Compute(_model, _cancellation);

    private string HalfPath => Path.Combine(_folder, "half.onnx");

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
        options.Validate();
        CheckFiles(model, output, options.RecipePath);
        ModelRun.CheckRuntime();
        // The name is one of a build's, which are cleared away where a process was ended by force.
        DirectoryInfo folder = Directory.CreateTempSubdirectory($"pinion-{Environment.ProcessId}-");
        try
        {
            return new Fp16Guard(model, output, folder.FullName, samples, options, progress, cancellation).Run();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
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
        using var reference = new ReferenceOutputs(Path.Combine(_folder, "reference"));
        ForEachSample("FP32", _model, prefix: "", Order(), (run, _) =>
        {
            reference.Add(run);
            return true;
        });
        double[] worst = new double[_samples.Count];
        ModelError plain = Measure(reference, "FP16", _options.Conversion, worst);
        double plainSeconds = _watch.Elapsed.TotalSeconds;

        string rounded = Path.Combine(_folder, "rounded.onnx");
        probe.WriteRoundedWeights(rounded, _cancellation);
        ModelError roundedWeights = Compare(reference, "FP32, weights rounded", rounded, probe.InputPrefix, Order(), worst: null, limit: null)!;
        File.Delete(rounded);
        File.Delete(rounded + ".data");
        double limit = _options.Limits.RelativeErrorFor(roundedWeights.RelativeError);

        int[] worstFirst = [.. Order().OrderByDescending(s => worst[s])];
        var nodes = new NodeMeasure(probe, _samples, _folder, (step, done, total) => _progress?.Report(new GuardProgress(step, done, total, null)), _cancellation);
        IReadOnlyList<NodeStatistics> statistics = nodes.Run(_model, worstFirst[..Math.Min(MeasuredSamples, worstFirst.Length)]);

        var facts = new Facts(reference, probe, plain, roundedWeights, limit, worstFirst, statistics, nodes.Unmeasured, plainSeconds);
        if (!IsWithin(reference, plain, limit))
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
            [Digest, _samples.Digest, runtime, $"{facts.Limit:R} {_options.Limits}", $"{conversion.HalfInputsAndOutputs}", .. conversion.Include, "-", .. conversion.Exclude, "-", .. conversion.Keep.Keys.Order(StringComparer.Ordinal)]));
        bool Passes(IReadOnlyList<string> kept)
        {
            if (file.Find(kept) is { } known)
            {
                return known;
            }

            bool passes = Compare(facts.Reference, $"FP16, {Counted.Of(kept.Count, "node")} kept", Convert(HalfPath, Keeping(kept.ToDictionary(k => k, _ => ""))), prefix: "", facts.WorstFirst, worst: null, facts.Limit) is not null;
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
        ModelError best = Measure(facts.Reference, $"FP16, {Counted.Of(found.Count, "node")} kept", Keeping(reasons), new double[_samples.Count]);
        // Trials of a former search were not run now.
        GuardReport report = IsWithin(facts.Reference, best, facts.Limit) ? Finish(facts, best, reasons, search.Trials, !search.IsCutShort) : Refuse(facts, best, search.Trials);
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
            ModelSha256 = Digest,
            HalfInputsAndOutputs = conversion.HalfInputsAndOutputs,
            Include = conversion.Include,
            Exclude = conversion.Exclude,
            Keep = [.. conversion.Keep.Select(k => new Fp16RecipeNode(k.Key, k.Value))],
            Measured = new Fp16RecipeMeasure(
                _samples.Description, _samples.Count, $"SDK {runtime.Sdk.GetName()}, TensorRT {runtime.TensorRtLoaded ?? runtime.TensorRtCompiled}", facts.Limit, _options.Limits.MinCosine,
                _options.Limits.Top1AgreementFor(facts.Reference.HasFloats), error.RelativeError, error.Cosine, error.Top1Agreement, facts.Plain.RelativeError, facts.RoundedWeights.RelativeError),
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

    private int[] Order() => [.. Enumerable.Range(0, _samples.Count)];

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

    private ModelError Measure(ReferenceOutputs reference, string step, Fp16Options options, double[] worst) =>
        Compare(reference, step, Convert(HalfPath, options), prefix: "", Order(), worst, limit: null)!;

    /// <summary>Compares a model on all samples; with a limit, null as soon as one sample is beyond it.</summary>
    private ModelError? Compare(ReferenceOutputs reference, string step, string path, string prefix, int[] order, double[]? worst, double? limit)
    {
        var tally = new ErrorTally([.. reference.Names]);
        bool isWhole = ForEachSample(step, path, prefix, order, (run, sample) =>
        {
            Difference[] differences = reference.Compare(run, sample);
            tally.Add(differences);
            if (worst is not null)
            {
                worst[sample] = differences.Max(d => d.RelativeError);
            }

            return limit is not { } most || differences.All(d => d.RelativeError <= most && d.Cosine >= _options.Limits.MinCosine);
        });
        ModelError error = tally.ToError();
        return isWhole && (limit is not { } last || IsWithin(reference, error, last)) ? error : null;
    }

    private bool IsWithin(ReferenceOutputs reference, ModelError error, double limit) =>
        error.RelativeError <= limit && error.Cosine >= _options.Limits.MinCosine && (_options.Limits.Top1AgreementFor(reference.HasFloats) is not { } least || error.Top1Agreement is not { } top1 || top1 >= least);

    /// <summary>Builds a model and runs it on samples until one says no.</summary>
    private bool ForEachSample(string step, string path, string prefix, int[] order, Func<ModelRun, int, bool> use)
    {
        _progress?.Report(new GuardProgress(step, 0, order.Length, null));
        using var run = ModelRun.Load(path, _samples, prefix, _cancellation);
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < order.Length; i++)
        {
            _cancellation.ThrowIfCancellationRequested();
            run.Run(order[i]);
            if (!use(run, order[i]))
            {
                return false;
            }

            _progress?.Report(new GuardProgress(step, i + 1, order.Length, watch.Elapsed / (i + 1) * (order.Length - i - 1)));
        }

        return true;
    }

    /// <summary>What is known before a search.</summary>
    private sealed record Facts(
        ReferenceOutputs Reference, Fp16Probe Probe, ModelError Plain, ModelError RoundedWeights, double Limit, int[] WorstFirst, IReadOnlyList<NodeStatistics> Statistics,
        IReadOnlyList<string> Unmeasured, double PlainSeconds);
}
