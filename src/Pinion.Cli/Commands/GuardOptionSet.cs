using System.CommandLine;
using System.Globalization;
using Pinion.Fp16;
using Pinion.Onnx;

namespace Pinion.Cli;

/// <summary>The options by which a conversion is measured on samples.</summary>
internal sealed class GuardOptionSet
{
    private readonly Option<string> _samples = new("--samples")
    {
        Description = "Measure what FP16 does and keep in FP32 what must be: a folder with .npz or .npy files named like the inputs, or a number of seeded inputs.",
        HelpName = "DIR|N",
    };

    private readonly Option<string> _shapes = new("--shapes") { Description = "Shapes of dynamic inputs for seeded samples, x:1x3x48x320 (default: a batch of 1).", HelpName = "SHAPES" };

    private readonly Option<double?> _maxRelativeError = new("--max-relative-error")
    {
        Description = "Largest |fp16 - fp32| / |fp32| of any output of any sample (default: 4 times what rounding the weights alone does, 0.02 to 0.2).",
        HelpName = "E",
    };

    private readonly Option<double> _minCosine = new("--min-cosine") { Description = "Least cosine of any output of any sample.", HelpName = "C", DefaultValueFactory = _ => new GuardLimits().MinCosine };
    private readonly Option<double?> _minTop1 = new("--min-top1-agreement") { Description = "Least share of samples' rows with the same largest element, 0 to 1 (default: reported, not judged).", HelpName = "SHARE" };
    private readonly Option<int> _trials = new("--trials") { Description = "Conversions that are tried at most while nodes are searched.", HelpName = "N", DefaultValueFactory = _ => new GuardOptions().MaxTrials };

    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Add(option);
        }
    }

    /// <summary>The samples' folder or number; null where nothing is to be measured.</summary>
    /// <param name="result">What was given.</param>
    /// <param name="areDrawn">Whether some are drawn where none are given.</param>
    public string? Samples(ParseResult result, bool areDrawn = false)
    {
        string? samples = result.GetValue(_samples);
        if (samples is null && !areDrawn && Limits.FirstOrDefault(o => result.GetResult(o) is { Implicit: false }) is { } idle)
        {
            throw new UsageException($"{idle.Name} says how samples are judged, and there are none; add --samples.");
        }

        return samples is { Length: 0 } ? throw new UsageException("--samples is empty; give it a folder, or a number of seeded inputs.") : samples;
    }

    public GuardOptions Read(ParseResult result, Fp16Options conversion, string? recipe) => new()
    {
        Conversion = conversion,
        Limits = new GuardLimits { MaxRelativeError = result.GetValue(_maxRelativeError), MinCosine = result.GetValue(_minCosine), MinTop1Agreement = result.GetValue(_minTop1) },
        MaxTrials = result.GetValue(_trials),
        RecipePath = recipe,
    };

    /// <summary>How an engine is verified; samples are drawn where none are given.</summary>
    public VerifiedBuildOptions ReadForEngine(ParseResult result)
    {
        string? samples = Samples(result, areDrawn: true);
        GuardOptions guard = Read(result, new(), recipe: null);
        bool isNumber = int.TryParse(samples, NumberStyles.None, CultureInfo.InvariantCulture, out int count);
        int drawn = isNumber ? count : new VerifiedBuildOptions().SeededSamples;
        return new VerifiedBuildOptions
        {
            Limits = guard.Limits,
            MaxTrials = guard.MaxTrials,
            SeededSamples = drawn,
            // Those that are drawn have the shapes of the engine's profile, where none are given.
            Samples = (samples is null || isNumber) && Shapes(result).Length == 0 ? null
                : inputs => Open(result, samples ?? drawn.ToString(CultureInfo.InvariantCulture), inputs),
        };
    }

    /// <summary>Reads the samples of a model.</summary>
    public GuardSamples Open(ParseResult result, string samples, IReadOnlyList<TensorInfo> inputs)
    {
        string shapes = Shapes(result);
        if (!int.TryParse(samples, NumberStyles.None, CultureInfo.InvariantCulture, out int count))
        {
            return shapes.Length == 0 ? GuardSamples.Open(samples, inputs) : throw new UsageException($"--shapes is for seeded samples; those of {samples} have shapes of their own.");
        }

        var given = new Dictionary<string, TensorShape>();
        foreach ((string? name, TensorShape shape) in shapes.Length == 0 ? [] : ShapeText.ParseList(shapes, _shapes.Name))
        {
            given[name ?? (inputs is [var only] ? only.Name : throw new UsageException($"--shapes {shape} names no input and there are {inputs.Count}: {string.Join(", ", inputs.Select(i => i.Name))}."))] = shape;
        }

        return GuardSamples.Seeded(count, inputs, given);
    }

    /// <summary>All options, the samples first.</summary>
    public IEnumerable<Option> All => Limits.Prepend(_samples);

    /// <summary>Shapes of seeded samples as they were given; empty where they were not.</summary>
    public string Shapes(ParseResult result) => result.GetValue(_shapes) ?? "";

    private IEnumerable<Option> Limits => [_shapes, _maxRelativeError, _minCosine, _minTop1, _trials];
}
