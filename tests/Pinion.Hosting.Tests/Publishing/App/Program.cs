using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Pinion.Hosting;

// Touches every part that reflection or trimming could break: binding, options, keyed services, hosted services, health checks.
var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
builder.Configuration.AddInMemoryCollection(
[
    new("Models:add:Plan", args[0]),
    new("Models:add:MaxBatch", "4"),
    new("Models:add:BatchSizes:0", "1"),
    new("Models:add:WaitMode", "Spin"),
    new("Models:add:MaxDelay", "00:00:00.001"),
]);
builder.Services.AddPinion().AddModels(builder.Configuration.GetSection("Models"));
builder.Services.AddHealthChecks().AddPinion();
using IHost host = builder.Build();
await host.StartAsync();
InferenceModel model = host.Services.GetRequiredKeyedService<InferenceModel>("add");
float answer;
using (InferenceResult result = await model.InferAsync(TensorInput.Create("x", [1, 4], new float[] { 41, 41, 41, 41 })))
{
    answer = result.GetOutput<float>("y")[3];
}

HealthReport health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
await host.StopAsync();
Console.WriteLine($"{answer} {model.MaxBatch} {health.Status} {health.Entries.Count} {model.State}");
