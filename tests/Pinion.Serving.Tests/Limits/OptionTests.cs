using System.Net;
using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pinion.Hosting;
using Pinion.TestSupport;

namespace Pinion.Serving.Tests;

public sealed class OptionTests
{
    /// <summary>Every option that there is, set to something else than its default, reaches the endpoints. One that is new and not known here fails.</summary>
    [Test]
    public async Task No_option_is_lost_on_the_way_to_the_endpoints()
    {
        var options = new ServerOptions { Port = 0 };
        var fresh = new ServingOptions();
        var given = new Dictionary<string, object?>();
        foreach (PropertyInfo property in typeof(ServingOptions).GetProperties())
        {
            object? other = property.GetValue(fresh) switch
            {
                int number => number + 1,
                long number => number + 1,
                string text => text + "2",
                IList<string> => (string[])["a-key-of-sixteen-characters"],
                var value => throw new NotSupportedException($"{property.Name} is {value}: give another value here"),
            };
            property.SetValue(options.Serving, other);
            given.Add(property.Name, other);
        }

        await using PinionServer server = await PinionServer.StartAsync(new InferenceModels(), options);
        Assert.That(given, Is.Not.Empty);
        foreach (PropertyInfo property in typeof(ServingOptions).GetProperties())
        {
            Assert.That(property.GetValue(server.Options), Is.EqualTo(given[property.Name]), property.Name);
        }
    }

    /// <summary>A service of one's own: its configuration is bound, its endpoints are mapped before the host starts.</summary>
    [Test]
    public async Task Wrong_options_of_a_service_end_with_their_problems_and_exit_code_1()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        var log = new CapturedLog();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Serving:MaxConcurrentRequests"] = "0", ["Serving:ServerName"] = "" });
        builder.Services.AddSingleton(new InferenceModels());
        builder.Services.AddPinionServing();
        builder.Services.AddOptions<ServingOptions>().BindConfiguration("Serving");
        WebApplication app = builder.Build();
        app.MapPinion();

        Assert.That(await app.RunToExitCodeAsync(), Is.EqualTo(1));
        Assert.That(log.Text, Does.Contain("MaxConcurrentRequests is 0; it must be at least 1.").And.Contain("ServerName is empty").And.Not.Contain("   at "));
    }

    /// <summary>With models that are built, that may take minutes: the server tells it meanwhile.</summary>
    [Test]
    public async Task A_service_that_loads_in_the_background_is_not_ready_until_all_models_are_there()
    {
        using var folder = new TemporaryFolder();
        Device.RequireHost();
        Environment.SetEnvironmentVariable("PINION_HOST_TENSORRT_FAULTS", "build_delay=500");
        try
        {
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            string onnx = TestModels.AddOne.Save(folder["add.onnx"]);
            builder.Services.AddPinion().LoadInBackground().AddModel("first", TestPlans.AddOne).AddModel("second", onnx, o =>
            {
                o.Build = new EngineBuildOptions { Profiles = [TestModels.AddOneProfile] };
                o.Cache = folder["engines"];
            });
            builder.Services.AddPinionServing();
            builder.Services.AddHealthChecks().AddPinion();
            await using WebApplication app = builder.Build();
            app.MapPinion();
            app.MapHealthChecks("/healthz", new HealthCheckOptions { ResponseWriter = (context, report) => context.Response.WriteAsync(report.Entries["pinion-ready"].Description ?? "ready") });
            await app.StartAsync();
            using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

            var told = new List<string>();
            while ((await client.GetAsync("/v2/health/ready")).StatusCode != HttpStatusCode.OK)
            {
                told.Add(await (await client.GetAsync("/healthz")).Content.ReadAsStringAsync());
                await Task.Delay(20);
            }

            Assert.That(told, Has.Some.Match("^The models are being loaded. Model 'second' is being built.*, for [0-9]+ s.$"));
            Assert.That(app.Services.GetRequiredService<InferenceModels>().All.Select(m => m.Name), Is.EqualTo(new[] { "first", "second" }));
            await app.StopAsync();
        }
        finally
        {
            Environment.SetEnvironmentVariable("PINION_HOST_TENSORRT_FAULTS", null);
        }
    }

    [Test]
    public async Task Endpoints_without_their_services_are_refused()
    {
        await using WebApplication app = WebApplication.CreateSlimBuilder().Build();

        Assert.That(() => app.MapPinion(), Throws.InvalidOperationException.With.Message.Contains("AddPinionServing"));
    }

    [Test]
    public async Task All_wrong_options_are_told_at_once()
    {
        var options = new ServerOptions
        {
            Port = 70_000,
            MaxConnections = 0,
            MinBytesPerSecond = 0,
            DataRateGrace = TimeSpan.FromSeconds(1),
            HeadersTimeout = TimeSpan.FromDays(10),
            KeepAliveTimeout = TimeSpan.FromHours(2),
        };
        (options.Serving.MaxConcurrentRequests, options.Serving.ApiKeys) = (0, ["short"]);

        ArgumentException error = (await Assert.ThrowsAsync<ArgumentException>(() => PinionServer.StartAsync(new InferenceModels(), options)))!;

        Assert.That(error.Message.Split(Environment.NewLine), Is.EqualTo(new[]
        {
            "Port is 70000; it must be 0 to 65535. 0 takes a free one.",
            "MaxConnections is 0; it must be at least 1.",
            "MinBytesPerSecond is 0; it must be above zero.",
            "DataRateGrace is 00:00:01; it must be above 00:00:01. Write 00:00:05 for 5 s.",
            "HeadersTimeout is 10.00:00:00; it may be 01:00:00 at most. A number alone counts days: write 00:00:10 for 10 s.",
            "KeepAliveTimeout is 02:00:00; it may be 01:00:00 at most. Write 00:00:02 for 2 s.",
            "MaxConcurrentRequests is 0; it must be at least 1.",
            "The key in ApiKeys[0] has 5 characters; it must have 16 or more.",
        }));
    }

    private sealed class CapturedLog : ILoggerProvider, ILogger
    {
        private readonly StringBuilder _text = new();

        public string Text => $"{_text}";

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                _text.AppendLine($"{formatter(state, exception)} {exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}
