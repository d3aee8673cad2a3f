using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Pinion.Hosting;

namespace Pinion.Serving.Tests;

/// <summary>A server on a free loopback port. When it is disposed, every buffer must have come back and every request have left.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly InferenceModels _models;

    private TestServer(PinionServer server, InferenceModels models)
    {
        Server = server;
        _models = models;
        Client = new HttpClient { BaseAddress = new Uri(server.Url), Timeout = TimeSpan.FromMinutes(2) };
    }

    public PinionServer Server { get; }

    public HttpClient Client { get; }

    public int Port => Client.BaseAddress!.Port;

    public static Task<TestServer> StartAsync(params string[] plans) => StartAsync(_ => { }, plans);

    public static async Task<TestServer> StartAsync(Action<ServerOptions> configure, params string[] plans)
    {
        var models = new InferenceModels();
        foreach (string plan in plans)
        {
            models.Add(await InferenceModel.LoadAsync(Path.GetFileNameWithoutExtension(plan), new ModelOptions { Plan = plan }));
        }

        // A machine that stands still for a moment is no slow client.
        var options = new ServerOptions { Port = 0, DataRateGrace = TimeSpan.FromMinutes(2), HeadersTimeout = TimeSpan.FromMinutes(2) };
        configure(options);
        return new TestServer(await PinionServer.StartAsync(models, options, logging => logging.AddProvider(new TestLog())), models);
    }

    public async Task<Answer> GetAsync(string path) => await Answer.ReadAsync(await Client.GetAsync(path));

    public Task<Answer> PostAsync(string path, string json, params (string Name, string Value)[] headers) =>
        PostAsync(path, Encoding.UTF8.GetBytes(json), headers);

    public async Task<Answer> PostAsync(string path, byte[] body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        foreach ((string name, string value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return await Answer.ReadAsync(await Client.SendAsync(request));
    }

    /// <summary>JSON, and binary data behind it.</summary>
    public Task<Answer> InferAsync(string model, string json, params byte[][] binary)
    {
        byte[] head = Encoding.UTF8.GetBytes(json);
        return PostAsync($"/v2/models/{model}/infer", [.. head, .. binary.SelectMany(b => b)], (InferenceHeaders.JsonLength, $"{head.Length}"));
    }

    /// <summary>Waits until no request is in flight: what a client that has left began is finished, too.</summary>
    public void Settle()
    {
        bool settled = SpinWait.SpinUntil(() => Server.Served.InFlight == 0 && Server.Memory.Rented == 0, TimeSpan.FromMinutes(1));
        Assert.That(settled, Is.True, () => $"{Server.Served.InFlight} requests and {Server.Memory.Rented} buffers are left");
    }

    public async ValueTask DisposeAsync()
    {
        Settle();
        Client.Dispose();
        await Server.DisposeAsync();
        foreach (InferenceModel model in _models.All)
        {
            await model.DisposeAsync();
        }
    }
}

/// <summary>An answer, read to its end.</summary>
internal sealed record Answer(HttpStatusCode Status, byte[] Body, HttpResponseMessage Response)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonDocument.Parse(JsonPart).RootElement;

    /// <summary>The JSON at the beginning of a body with binary data; else all of it.</summary>
    public ReadOnlyMemory<byte> JsonPart => Response.Headers.TryGetValues(InferenceHeaders.JsonLength, out IEnumerable<string>? length)
        ? Body.AsMemory(0, int.Parse(length.Single(), null))
        : Body;

    public byte[] Binary => Body[JsonPart.Length..];

    public static async Task<Answer> ReadAsync(HttpResponseMessage response) =>
        new(response.StatusCode, await response.Content.ReadAsByteArrayAsync(), response);

    public Answer Must(HttpStatusCode status, params string[] fragments)
    {
        Assert.That(Status, Is.EqualTo(status), Text);
        Assert.That(Response.Headers.Contains("Server"), Is.False, "no banner");
        foreach (string fragment in fragments)
        {
            Assert.That(Json.GetProperty("error").GetString(), Does.Contain(fragment));
        }

        if ((int)status >= 400)
        {
            Assert.That(Text, Does.Not.Contain("   at ").And.Not.Contain(Path.GetTempPath()).And.Not.Contain(".cs:"));
        }

        return this;
    }
}
