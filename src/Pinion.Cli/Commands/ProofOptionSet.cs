using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Pinion.Fp16;
using Pinion.Onnx;

namespace Pinion.Cli;

/// <summary>How an FP16 engine is built and verified.</summary>
/// <param name="Options">What the options say.</param>
/// <param name="Ingredients">What of them decides about a plan in a cache; samples are read for it.</param>
internal sealed record Proof(VerifiedBuildOptions Options, Func<IReadOnlyList<CacheIngredient>> Ingredients);

/// <summary>The options by which an FP16 engine is converted and verified.</summary>
internal sealed class ProofOptionSet
{
    private readonly GuardOptionSet _guard = new();
    private readonly Option<bool> _noVerify = new("--no-verify") { Description = "Build FP16 without running and comparing anything; the plan has no verdict then." };
    private readonly Option<bool> _measure = new("--measure") { Description = "Build an FP32 engine too, and say how much faster FP16 is." };
    private readonly Option<string> _recipe = new("--recipe")
    {
        Description = "Convert to FP16 as a recipe says, without a search; with --samples, search and write the recipe there.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _include = new("--include") { Description = "FP16 only for nodes whose name or operator matches, with * and ?; repeat for several.", HelpName = "PATTERN" };
    private readonly Option<string[]> _exclude = new("--exclude") { Description = "Keep nodes in FP32 whose name or operator matches; repeat for several.", HelpName = "PATTERN" };

    private IEnumerable<Option> Options => [.. _guard.All, _recipe, _include, _exclude, _measure, _noVerify];

    public void AddTo(Command command)
    {
        foreach (Option option in Options)
        {
            command.Add(option);
        }
    }

    /// <summary>How to build and verify FP16; null where FP32 is built.</summary>
    /// <exception cref="UsageException">Options contradict each other.</exception>
    public Proof? Read(ParseResult result, EngineBuildOptions engine)
    {
        bool isHalf = engine.Precision == Precision.Fp16;
        Option? given = Options.FirstOrDefault(o => result.GetResult(o) is { Implicit: false });
        if (!isHalf)
        {
            return given is null ? null : throw new UsageException($"{given.Name} says how FP16 is built and verified, and FP32 is built; add --fp16.");
        }

        bool verify = !result.GetValue(_noVerify);
        string? samples = _guard.Samples(result, areDrawn: true);
        string? recipe = result.GetValue(_recipe);
        if (!verify && (_guard.All.Append(_measure).FirstOrDefault(o => result.GetResult(o) is { Implicit: false }) is { } idle))
        {
            throw new UsageException($"{idle.Name} says how the engine is verified, and --no-verify that it is not; leave one out.");
        }

        var conversion = new Fp16Options { Include = result.GetValue(_include) ?? [], Exclude = result.GetValue(_exclude) ?? [] };
        bool isSearch = recipe is null || samples is not null;
        if (!isSearch && conversion.Include.Count + conversion.Exclude.Count > 0)
        {
            throw new UsageException("--recipe says what becomes FP16; leave --include and --exclude out, or measure anew with --samples.");
        }

        if (!isSearch)
        {
            Files.RequireFile(recipe!);
        }

        VerifiedBuildOptions options = _guard.ReadForEngine(result) with
        {
            Engine = engine,
            Conversion = conversion,
            Recipe = isSearch ? null : recipe,
            NewRecipe = isSearch ? recipe : null,
            Verify = verify,
            Measure = result.GetValue(_measure),
        };
        return new Proof(options, () => Ingredients(result, options, samples));
    }

    private List<CacheIngredient> Ingredients(ParseResult result, VerifiedBuildOptions options, string? samples)
    {
        List<CacheIngredient> list =
        [
            new("FP16 by", Generators.Of(typeof(Fp16Converter), typeof(VerifiedBuild))),
            new("FP16 include", Join(options.Conversion.Include)),
            new("FP16 exclude", Join(options.Conversion.Exclude)),
            new("FP16 recipe", options.Recipe is { } recipe ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(recipe))) : "searched"),
            new("FP16 verified", !options.Verify ? "no" : options.Measure ? "with times" : "yes"),
        ];
        if (options.Verify)
        {
            string drawn = string.Create(CultureInfo.InvariantCulture, $"{options.SeededSamples} seeded {_guard.Shapes(result)}").TrimEnd();
            // The search and the verdict are of what ran, whatever builds.
            RuntimeInfo runtime = PinionRuntime.Info;
            string device = runtime.ComputesOnGpu && PinionRuntime.CannotRun is null ? $", SM {PinionRuntime.GetDevices()[options.Engine.Device].ComputeCapability}" : "";
            list.Add(new("FP16 measured by", $"{runtime.Sdk.GetName()} {runtime.TensorRtLoaded ?? runtime.TensorRtCompiled}{device}"));
            list.Add(new("FP16 samples", samples is not null && !int.TryParse(samples, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? GuardSamples.DigestOf(samples) : drawn));
            list.Add(new("FP16 limits", string.Create(CultureInfo.InvariantCulture, $"relative error {options.Limits.MaxRelativeError?.ToString(CultureInfo.InvariantCulture) ?? "own"}, cosine {options.Limits.MinCosine}, top-1 {options.Limits.MinTop1Agreement?.ToString(CultureInfo.InvariantCulture) ?? "not judged"}, {options.MaxTrials} trials")));
        }

        return list;

        static string Join(IReadOnlyList<string> patterns) => patterns.Count == 0 ? "none" : string.Join(", ", patterns.Select(p => $"'{p}'"));
    }
}
