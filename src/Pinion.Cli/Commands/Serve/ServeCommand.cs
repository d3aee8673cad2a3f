using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Pinion.Hosting;
using Pinion.Serving;

namespace Pinion.Cli;

/// <summary><c>pinion serve</c>: models behind the Open Inference protocol, until Ctrl-C or SIGTERM.</summary>
internal static class ServeCommand
{
    /// <summary>For what comes after the last request: freeing engines.</summary>
    private static readonly TimeSpan TimeToFree = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        var options = new ServeOptionSet();
        var command = new Command("serve", "Serve plans over HTTP by the Open Inference protocol (KServe v2).");
        options.AddTo(command);
        command.Complete(
            [
                "pinion serve rec.plan",
                "pinion serve --model rec=rec-v2.plan --port 9000 --poll 5",
                "pinion serve models/ --host 0.0.0.0 --api-key-file keys.txt",
                "pinion serve rec.plan --max-delay 2 --max-batch 8 --json",
            ],
            (result, context) =>
            {
                ServeSettings settings = options.Read(result);
                context.Terminal.ShowLog();
                context.Interrupt.Patience = settings.ShutdownLimit + TimeToFree;
                return ServeAsync(settings, context).GetAwaiter().GetResult();
            });
        return command;
    }

    private static async Task<int> ServeAsync(ServeSettings settings, CommandContext context)
    {
        foreach (string note in settings.Notes)
        {
            context.Terminal.Warn(note);
        }

        var log = new TerminalLog(context.Terminal);
        using ILoggerFactory loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log));
        await using var models = new InferenceModels(loggers);
        await using PinionServer server = await PinionServer.StartAsync(
            models, settings.Server, logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log), context.Token);
        server.Served.IsStarting = true;
        try
        {
            foreach (ServedPlan plan in settings.Plans)
            {
                context.Terminal.Note($"loading model {plan.Name}");
                Load(models, plan, context.Token);
            }

            server.Served.IsStarting = false;
            Announce(server, models, settings, context.Terminal);
            await Interrupted(context.Token);
            await StopAsync(server, models, settings.ShutdownLimit, context.Terminal);
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (context.Token.IsCancellationRequested)
        {
            // A supervisor that ends it this early must not see a failure either.
            context.Terminal.Note("stopped before every model was loaded");
            return ExitCode.Done;
        }
    }

    private static void Load(InferenceModels models, ServedPlan plan, CancellationToken token)
    {
        try
        {
            Files.About(plan.Options.Plan, () => models.LoadAsync(plan.Name, plan.Options, token).GetAwaiter().GetResult());
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"Model '{plan.Name}': {ErrorReport.WithoutParameter(e)}");
        }
    }

    private static async Task Interrupted(CancellationToken token)
    {
        var interrupted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = token.Register(interrupted.SetResult);
        await interrupted.Task;
    }

    private static async Task StopAsync(PinionServer server, InferenceModels models, TimeSpan limit, Terminal terminal)
    {
        terminal.Note(string.Create(CultureInfo.InvariantCulture, $"stopping: requests that were accepted have {limit.TotalSeconds:0.###} s to finish"));
        long start = Stopwatch.GetTimestamp();
        // First: from here on new requests are refused, however long a swap in progress takes.
        Task stopping = server.StopAsync(limit);
        await models.StopWatchingAsync();
        await stopping;
        TimeSpan left = limit - Stopwatch.GetElapsedTime(start);
        using var time = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        await models.StopAsync(time.Token);
        terminal.Note("stopped");
    }

    private static void Announce(PinionServer server, InferenceModels models, ServeSettings settings, Terminal terminal)
    {
        var facts = RuntimeFacts.Get(settings.Plans[0].Options.Devices is [int device, ..] ? device : 0, null);
        var document = new ServeDocument(
            server.Url, facts.Sdk, facts.TensorRt, facts.Device, settings.Server.Serving.ApiKeys.Count > 0,
            [.. models.All.Select(m => new ServedModel(m.Name, m.Version, m.Plan, m.MaxBatch, Tensors(m.Inputs), Tensors(m.Outputs)))], settings.Notes);
        if (terminal.Json)
        {
            JsonOutput.Print(document, JsonForms.Default.ServeDocument);
            return;
        }

        terminal.Say(facts.Line);
        foreach (ServedModel model in document.Models)
        {
            terminal.Say($"model {model.Name} version {model.Version}: {Text(model.Inputs)} -> {Text(model.Outputs)}");
        }

        terminal.Say($"serving on {server.Url}");
    }

    private static TensorFacts[] Tensors(IReadOnlyList<TensorInfo> tensors) =>
        [.. tensors.Select(t => new TensorFacts(t.Name, t.DataType.GetName(), t.Shape))];

    private static string Text(IReadOnlyList<TensorFacts> tensors) => string.Join(", ", tensors.Select(t => $"{t.Name} {t.Dtype} {t.Shape}"));
}
