using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Pinion.Hosting;

/// <summary>Relative plans count from the content root, as other files of a host do, wherever the process was started.</summary>
internal sealed class ModelPlanPath(IServiceProvider services) : IPostConfigureOptions<ModelOptions>
{
    public void PostConfigure(string? name, ModelOptions options)
    {
        if (!string.IsNullOrWhiteSpace(options.Plan) && services.GetService<IHostEnvironment>()?.ContentRootPath is { Length: > 0 } root)
        {
            options.Plan = Path.Combine(root, options.Plan);
        }
    }
}
