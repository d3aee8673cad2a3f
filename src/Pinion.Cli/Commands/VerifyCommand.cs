using System.CommandLine;
using Pinion.Fp16;

namespace Pinion.Cli;

/// <summary><c>pinion verify</c>: the engine of a plan is compared here with its FP32 model, and the plan keeps the verdict.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var plan = new Argument<string>("PLAN") { Description = "An FP16 plan; the verdict is written into its header." };
        var model = new Argument<string>("MODEL") { Description = "The FP32 model that it was built from (.onnx or zoo:NAME)." };
        var measure = new Option<bool>("--measure") { Description = "Time an FP32 engine too, and say how much faster FP16 is." };
        var device = new Option<int>("--device") { Description = "Device number.", HelpName = "N", DefaultValueFactory = _ => 0 };
        var output = new Option<string>("--output", "-o") { Description = "Write the plan with its verdict there (default: over PLAN).", HelpName = "FILE" };
        var command = new Command("verify", "Compare an FP16 engine on this device with its FP32 model.") { plan, model, output, measure, device };
        var guard = new GuardOptionSet();
        guard.AddTo(command);
        command.Complete(
            ["pinion verify t.plan zoo:TNT_small", "pinion verify rec.plan rec.onnx --samples inputs", "pinion verify t4.plan model.onnx --measure --json"],
            (result, context) =>
            {
                string path = result.GetRequiredValue(plan);
                Files.RequireFile(path);
                string target = result.GetValue(output) ?? path;
                BuildCommand.CheckOutput(target);
                StandardOutput.RefuseJson(context.Terminal, target);
                VerifiedBuildOptions options = guard.ReadForEngine(result) with { Measure = result.GetValue(measure), Engine = new EngineBuildOptions { Device = result.GetValue(device) } };
                return Run(context, path, result.GetRequiredValue(model), target, options);
            });
        return command;
    }

    private static int Run(CommandContext context, string path, string name, string target, VerifiedBuildOptions options)
    {
        Terminal terminal = context.Terminal;
        using var model = ModelFile.Open(name, terminal.Note, context.Token);
        terminal.ShowLog();
        using Plan plan = Files.About(path, () => Plan.Open(path));
        if (plan.Description.IsRaw)
        {
            throw new WorkException($"{path} is a raw plan, TensorRT's bytes alone, and has no header that could keep a verdict; build it without --raw.");
        }

        using var progress = new GuardLine(terminal, $"verifying {Path.GetFileName(path)}");
        EngineVerification verdict;
        try
        {
            verdict = Files.About(path, () => VerifiedBuild.Verify(plan, model.Path, options, progress, context.Token));
        }
        catch (Exception e) when ((e as GuardException ?? e.InnerException as GuardException) is { IsBeyondLimits: true } && target == path)
        {
            // The verdict on its model, if it had one, is refuted.
            using Plan refuted = plan.WithMetadata(EngineVerification.MetadataKey, null);
            BuildCommand.Save(refuted, path, context.Token);
            throw;
        }

        progress.End();
        using Plan verified = plan.WithMetadata(EngineVerification.MetadataKey, verdict.ToJson());
        BuildCommand.Save(verified, target, context.Token);
        if (terminal.Json)
        {
            JsonOutput.Print(new VerifyDocument(path, name, target, verdict), JsonForms.Default.VerifyDocument);
            return ExitCode.Done;
        }

        terminal.SayOf(target, $"{target}: {VerifiedBuildRun.Text(verdict)}");
        return ExitCode.Done;
    }
}
