using Microsoft.Extensions.Options;
using Pinion;
using Pinion.Hosting;

namespace OcrService;

/// <summary>Builds the plan where there is none yet, before the models are loaded. A service in production brings its plan along.</summary>
internal sealed partial class PlanBuilder(
    IOptions<OcrOptions> ocr, IConfiguration configuration, IHostEnvironment environment, ILogger<PlanBuilder> logger) : IHostedLifecycleService
{
    /// <summary>Batches of one to four lines, up to the widest that is padded to.</summary>
    private const string Profile = "x:min=1x3x48x48,opt=2x3x48x320,max=4x3x48x1280";

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        string plan = Path.Combine(environment.ContentRootPath, configuration[$"Pinion:Models:rec:{nameof(ModelOptions.Plan)}"] ?? "rec.plan");
        if (File.Exists(plan))
        {
            return;
        }

        string model = ocr.Value.Model;
        LogBuilding(logger, plan, model);
        var options = new EngineBuildOptions { Profiles = [OptimizationProfile.Parse(Profile)] };
        using Plan built = await Task.Run(() => EngineBuilder.Build(model, options, cancellationToken: cancellationToken), cancellationToken);
        built.Save(plan);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "Building '{Plan}' from '{Model}', once.")]
    private static partial void LogBuilding(ILogger logger, string plan, string model);
}
