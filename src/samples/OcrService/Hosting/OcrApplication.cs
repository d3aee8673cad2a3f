using Microsoft.AspNetCore.Diagnostics.HealthChecks;

namespace OcrService;

/// <summary>The service: one model, one endpoint, two probes.</summary>
internal static class OcrApplication
{
    /// <summary>Far above any text line, so that a request cannot take the service's memory.</summary>
    private const int MaxBodyBytes = 4 << 20;

    public static WebApplication Create(string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.WebHost.ConfigureKestrel(o => o.Limits.MaxRequestBodySize = MaxBodyBytes);
        builder.Services.AddProblemDetails();
        builder.Services.AddOptions<OcrOptions>().BindConfiguration("Ocr").ValidateOnStart();
        builder.Services.AddSingleton<Microsoft.Extensions.Options.IValidateOptions<OcrOptions>, OcrOptionsValidator>();
        builder.Services.AddHostedService<PlanBuilder>();
        builder.Services.AddPinion().AddModels(builder.Configuration.GetSection("Pinion:Models"));
        builder.Services.AddHealthChecks().AddPinion();
        builder.Services.AddSingleton<TextRecognizer>();

        WebApplication app = builder.Build();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        foreach (string probe in new[] { "live", "ready" })
        {
            app.MapHealthChecks($"/health/{probe}", new HealthCheckOptions { Predicate = check => check.Tags.Contains(probe) });
        }

        app.MapPost("/recognize", RecognizeEndpoint.HandleAsync);
        return app;
    }
}
