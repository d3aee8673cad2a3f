using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Pinion.Hosting;

/// <summary>Relative paths count from the content root, as other files of a host do, wherever the process was started.</summary>
internal sealed class ModelPlanPath(IServiceProvider services) : IPostConfigureOptions<ModelOptions>
{
    public void PostConfigure(string? name, ModelOptions options)
    {
        if (services.GetService<IHostEnvironment>()?.ContentRootPath is not { Length: > 0 } root)
        {
            return;
        }

        options.Plan = At(root, options.Plan);
        options.Onnx = At(root, options.Onnx);
        options.Cache = At(root, options.Cache);
        if (options.Build is { TimingCachePath: not null } or { PluginLibraries.Count: > 0 })
        {
            options.Build = options.Build with
            {
                TimingCachePath = options.Build.TimingCachePath is { } cache ? At(root, cache) : null,
                PluginLibraries = [.. (options.Build.PluginLibraries ?? []).Select(p => At(root, p))],
            };
        }
    }

    private static string At(string root, string path) => string.IsNullOrWhiteSpace(path) ? path : Path.Combine(root, path);
}
