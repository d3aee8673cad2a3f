using System.CommandLine;
using System.Globalization;
using Pinion.Fp16;
using Pinion.Zoo;

namespace Pinion.Cli;

/// <summary><c>pinion build</c>: an ONNX model becomes a plan file.</summary>
internal static class BuildCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "The ONNX model, external data is found beside it; or zoo:NAME (pinion zoo list). Left out with --manifest.", Arity = ArgumentArity.ZeroOrOne };
        var output = new Option<string>("--output", "-o") { Description = "The plan file to write; may be left out with --cache.", HelpName = "PLAN" };
        var cache = new Option<string>("--cache") { Description = "Folder of plans: found there if nothing has changed that decides about it, else built and kept (default: none).", HelpName = "DIR" };
        var manifest = new Option<string>("--manifest") { Description = "JSON file of many builds, done one after the other through a cache, instead of MODEL and the options of builds.", HelpName = "FILE" };
        var options = new BuildOptionSet();
        var command = new Command("build", "Build a plan from an ONNX model.") { model, output, cache, manifest };
        options.AddTo(command, all: true);
        var proof = new ProofOptionSet();
        proof.AddTo(command);
        var isolation = new IsolationOptionSet();
        isolation.AddTo(command);
        command.Complete(
            [
                "pinion build model.onnx -o model.plan --fp16",
                "pinion build rec.onnx -o rec.plan --profile \"x:min=1x3x48x48,opt=4x3x48x320,max=8x3x48x960\"",
                "pinion build rec.onnx -o rec.plan --min-shapes x:1x3x48x48 --opt-shapes x:4x3x48x320 --max-shapes x:8x3x48x960",
                "pinion build zoo:Res2Net50_26w_4s --fp16 -o r.plan",
                "pinion build model.onnx --fp16 --samples inputs --recipe model.recipe.json -o model.plan",
                "pinion build model.onnx -o model.plan --cache engines",
                "pinion build model.onnx -o model.plan --target a10,l4",
                "pinion build --manifest engines.json",
                "pinion build upload.onnx -o model.plan --time-limit 600 --memory-limit 8G --keep-reproducer crashes",
                "pinion build model.onnx -o model.plan --workspace 2G --timing-cache v100.cache --layer-precision \"/norm*:fp32\" --fp16",
            ],
            (result, context) =>
            {
                if (result.GetValue(manifest) is { } file)
                {
                    RefuseBeside(manifest, result, [model, output], options);
                    return ManifestRun.Run(context, file, result.GetValue(cache), isolation.Read(result), engine => proof.Read(result, engine));
                }

                string text = result.GetValue(model) ?? throw new UsageException("There is no model: give MODEL, or --manifest FILE.");
                string? target = result.GetValue(output);
                EngineBuildOptions build = options.Read(result);
                Proof? half = proof.Read(result, build);
                if (result.GetValue(cache) is { } folder)
                {
                    return CachedBuild.Run(context, text, target, folder, build, isolation.Read(result), half);
                }

                return Run(context, text, target ?? throw new UsageException("There is nowhere to write to: give -o (--output) PLAN, --cache DIR, or both."), build, isolation.Read(result), half?.Options);
            });
        return command;
    }

    /// <summary>A manifest says itself what is built and how.</summary>
    private static void RefuseBeside(Option manifest, ParseResult result, Symbol[] others, BuildOptionSet options)
    {
        string[] given = [.. others.Where(o => o is Argument a ? result.GetResult(a) is { Tokens.Count: > 0 } : result.GetResult((Option)o) is { Implicit: false }).Select(o => o.Name), .. options.Given(result)];
        if (given.Length > 0)
        {
            throw new UsageException($"{string.Join(", ", given)} cannot stand beside {manifest.Name}, whose file says what is built and how; leave out one of them.");
        }
    }

    private static int Run(CommandContext context, string text, string output, EngineBuildOptions options, IsolationOptions? isolation, VerifiedBuildOptions? half)
    {
        Terminal terminal = context.Terminal;
        CheckOutput(output);
        StandardOutput.RefuseJson(terminal, output);
        isolation = WithTargets(terminal, options, isolation);
        using var model = ModelFile.Open(text, terminal.Note, context.Token);
        terminal.ShowLog();
        // Of another SDK only its own process can tell.
        RuntimeFacts? facts = isolation?.Sdk is null ? RuntimeFacts.Get(options.Device, options.Precision) : null;
        foreach (string note in half is null ? facts?.Notes ?? [] : [])
        {
            terminal.Note(note);
        }

        options = WithZooProfile(text, options, terminal);

        IsolatedBuild? build = null;
        double seconds = 0;
        VerifiedBuildResult? verified = half is null ? null : model.Use(path => VerifiedBuildRun.Run(terminal, text, path, half with { Engine = options }, isolation?.Sdk, (half, o) => Build(half, o), context.Token));
        using (Plan plan = verified?.Plan ?? model.Use(path => Build(path, options)))
        {
            Save(plan, output, context.Token);
            // The types of the model may say more than the options.
            Precision precision = (options.Raw ? null : plan.Description.Precision) ?? options.Precision;
            facts = facts is null ? RuntimeFacts.Describe(build!.Sdk, build.TensorRt, null, precision) : RuntimeFacts.Get(options.Device, precision);
            Report(terminal, model.Name, output, plan, seconds, build?.PeakMemoryBytes, options, precision, facts, verified);
        }

        return ExitCode.Done;

        Plan Build(string path, EngineBuildOptions engine)
        {
            (Plan built, seconds, build) = isolation is null ? EngineSource.Build(context, path, engine) : EngineSource.BuildIsolated(context, path, engine, isolation);
            return built;
        }
    }

    /// <summary>Only TensorRT for RTX builds for GPUs that are not here. PINION_SDK goes before, and the native layer then says what is wrong.</summary>
    public static IsolationOptions? WithTargets(Terminal terminal, EngineBuildOptions options, IsolationOptions? isolation)
    {
        if (options.Targets.Count == 0)
        {
            return isolation;
        }

        if (Environment.GetEnvironmentVariable("PINION_SDK") is { Length: > 0 })
        {
            return isolation;
        }

        terminal.Note($"TensorRT for RTX builds for {string.Join(", ", options.Targets)}");
        if (isolation is null || !PinionRuntime.IsSupported)
        {
            PinionRuntime.Use(Sdk.Rtx);
        }

        return isolation is null ? null : isolation with { Sdk = Sdk.Rtx };
    }

    /// <summary>Zoo models have a dynamic batch and nothing else; the published latencies are for batches of 1, 4 and 8.</summary>
    public static EngineBuildOptions WithZooProfile(string text, EngineBuildOptions options, Terminal terminal)
    {
        if (!ModelFile.IsZoo(text) || options.Profiles.Count > 0)
        {
            return options;
        }

        int[] batches = [1, 4, 8];
        ZooModel network = ZooCatalog.Get(ModelFile.WithoutPrefix(text));
        TensorInfo[] inputs = [new(network.InputName, TensorMode.Input, TensorDataType.Float32, (int[])[-1, .. network.InputShape], false)];
        terminal.Note($"no profile was given: {text} is built for batches {batches[0]} to {batches[^1]}, tuned for {batches[^1]}");
        return options with { Profiles = [ShapeRequest.DeriveProfile(inputs, new ShapeRequest([], batches, null).ForModel(inputs))!] };
    }

    private static void Report(Terminal terminal, string model, string output, Plan plan, double seconds, long? peakMemory, EngineBuildOptions options, Precision precision, RuntimeFacts facts, VerifiedBuildResult? verified)
    {
        if (terminal.Json)
        {
            IReadOnlyList<ProfileInfo> profiles = options.Raw ? [] : plan.Description.Profiles;
            var document = new BuildDocument(
                model, output, plan.SizeBytes, seconds, peakMemory, options.Raw, precision.GetName(), facts.Sdk, facts.TensorRt, facts.Sdk == Sdk.Rtx ? null : facts.Device,
                facts.Sdk == Sdk.Rtx ? [.. options.Targets.Select(t => t.ComputeCapability.ToString())] : null,
                InspectCommand.Facts(profiles), facts.Notes, null, verified?.Verification);
            JsonOutput.Print(document, JsonForms.Default.BuildDocument);
            return;
        }

        terminal.SayOf(output, string.Create(CultureInfo.InvariantCulture, $"{output}: {plan.SizeBytes:N0} bytes, built in {seconds:F1} s ({facts.Line})"));
        if (verified is not null)
        {
            VerifiedBuildRun.Show(terminal, verified);
        }
    }

    /// <summary>Writes the plan whole or not at all, devices excepted; Ctrl-C waits for it.</summary>
    public static void Save(Plan plan, string output, CancellationToken token)
    {
        using IDisposable shield = Interrupt.Shield();
        token.ThrowIfCancellationRequested();
        if (StandardOutput.Is(output))
        {
            OutputFile.Write(output, plan.Bytes);
            return;
        }

        plan.Save(output);
    }

    /// <summary>Found out now rather than after minutes of building.</summary>
    public static void CheckOutput(string output)
    {
        if (output.Length == 0)
        {
            throw new UsageException("-o is empty; give it the name of a file.");
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(output)) ?? "/";
        if (Directory.Exists(output))
        {
            throw new WorkException($"{output} cannot be written: it is a folder; name a file in it.");
        }

        if (!Directory.Exists(folder))
        {
            throw new WorkException($"{output} cannot be written: the folder {folder} does not exist.");
        }
    }
}
