using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace OcrService.Tests;

/// <summary>The sample on a free loopback port, with few shapes so that it is warm soon.</summary>
internal sealed class Service : IAsyncDisposable
{
    private static readonly TemporaryFolder Plans = new();

    private Service(WebApplication application, HttpClient client)
    {
        Application = application;
        Client = client;
    }

    public WebApplication Application { get; }

    public HttpClient Client { get; }

    public static WebApplication Create(params string[] more) => OcrApplication.Create(
    [
        "--urls=http://127.0.0.1:0",
        $"--contentRoot={Path.GetDirectoryName(typeof(Service).Assembly.Location)}",
        "--Ocr:Deadline=00:02:00",
        $"--Pinion:Models:rec:Plan={Plans["rec.plan"]}",
        "--Pinion:Models:rec:QueueCapacity=256",
        "--Pinion:Models:rec:WarmShapes:2:x=3x48x320",
        "--Logging:LogLevel:Default=Warning",
        .. more,
    ]);

    public static async Task<Service> StartAsync(params string[] more)
    {
        WebApplication application = Create([$"--Ocr:Models={OcrModels.Folder}", .. more]);
        await application.StartAsync();
        string address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

        // A body that is refused by its length is not sent at all; without this the answer could be lost with the connection.
        var handler = new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) };
        return new Service(application, new HttpClient(handler) { BaseAddress = new Uri(address), DefaultRequestHeaders = { ExpectContinue = true } });
    }

    public static void DeletePlans() => Plans.Dispose();

    public Task<HttpResponseMessage> PostAsync(byte[] image)
    {
        var content = new ByteArrayContent(image);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return Client.PostAsync(new Uri("/recognize", UriKind.Relative), content);
    }

    public async Task<RecognizedLine> RecognizeAsync(byte[] image)
    {
        using HttpResponseMessage response = await PostAsync(image);
        Assert.That((int)response.StatusCode, Is.EqualTo(200), () => response.Content.ReadAsStringAsync().Result);
        return (await response.Content.ReadFromJsonAsync<RecognizedLine>())!;
    }

    /// <summary>The status, and what the problem's detail says.</summary>
    public async Task<(int Status, string Detail)> RefusedAsync(byte[] image)
    {
        using HttpResponseMessage response = await PostAsync(image);
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return ((int)response.StatusCode, body.RootElement.GetProperty("detail").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Application.DisposeAsync();
    }
}
