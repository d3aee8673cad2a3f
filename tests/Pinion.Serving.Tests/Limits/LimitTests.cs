using System.Net;

namespace Pinion.Serving.Tests;

/// <summary>Requests that are held open by not sending their end: what comes beyond the limits is refused at once.</summary>
public sealed class LimitTests
{
    private const string Good = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";

    [Test]
    public async Task Requests_at_once()
    {
        await using TestServer server = await TestServer.StartAsync(o => o.Serving.MaxConcurrentRequests = 2, TestPlans.AddOne);
        RawClient[] held = [.. Enumerable.Range(0, 2).Select(_ => new RawClient(server.Port))];
        foreach (RawClient client in held)
        {
            client.Send(RawClient.Head("/v2/models/addone/infer", Good.Length) + Good[..20]);
        }

        Assert.That(SpinWait.SpinUntil(() => server.Server.Served.InFlight == 2, TimeSpan.FromMinutes(1)), Is.True);
        Answer refused = (await server.PostAsync("/v2/models/addone/infer", Good)).Must(HttpStatusCode.TooManyRequests, "2 requests are in flight");
        Assert.That(refused.Response.Headers.RetryAfter, Is.Not.Null);
        (await server.GetAsync("/v2/health/ready")).Must(HttpStatusCode.OK);
        foreach (RawClient client in held)
        {
            client.Send(Good[20..]);
            Assert.That(client.ReadAnswer()!.Value.Status, Is.EqualTo(200));
            client.Dispose();
        }

        (await server.PostAsync("/v2/models/addone/infer", Good)).Must(HttpStatusCode.OK);
    }

    [Test]
    public async Task Memory_of_all_requests()
    {
        await using TestServer server = await TestServer.StartAsync(o => o.Serving.MaxBufferBytes = 1 << 20, TestPlans.Image);
        const string Json = """{"inputs":[{"name":"x","shape":[1,3,224,224],"datatype":"FP32","parameters":{"binary_data_size":602112}}],"outputs":[{"name":"y","parameters":{"binary_data":true}}]}""";
        using var held = new RawClient(server.Port);
        held.Send(RawClient.Head("/v2/models/image/infer", Json.Length + 602_112, $"{InferenceHeaders.JsonLength}: {Json.Length}\r\n") + Json);
        Assert.That(SpinWait.SpinUntil(() => server.Server.Memory.Rented == 1, TimeSpan.FromMinutes(1)), Is.True);
        (await server.InferAsync("image", Json, new byte[602_112])).Must(HttpStatusCode.TooManyRequests, "1048576 bytes");
        held.Send(new byte[602_112]);
        Assert.That(held.ReadAnswer()!.Value.Status, Is.EqualTo(200));
        (await server.InferAsync("image", Json, new byte[602_112])).Must(HttpStatusCode.OK);
        (await server.InferAsync("image", Json.Replace("[1,", "[2,", StringComparison.Ordinal).Replace("602112", "1204224", StringComparison.Ordinal), new byte[1_204_224]))
            .Must(HttpStatusCode.RequestEntityTooLarge, "Send a smaller one");
    }

    /// <summary>Without a Content-Length only what has arrived counts: neither header nor shape may reserve memory.</summary>
    [Test]
    public async Task What_a_body_without_length_says_of_itself_reserves_nothing()
    {
        await using TestServer server = await TestServer.StartAsync(o => o.Serving.MaxRequestBytes = 1 << 20, TestPlans.Image);
        const string Binary = "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,3,224,224],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":1204224}}]}";
        const string Text = "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,3,224,224],\"datatype\":\"FP32\",\"data\":[";
        foreach ((string json, long said) in new[] { (Binary, Binary.Length), (Text, 500_000_000L) })
        {
            using var client = new RawClient(server.Port);
            client.Send($"POST /v2/models/image/infer HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n{InferenceHeaders.JsonLength}: {said}\r\n\r\n");
            client.Send($"{json.Length:x}\r\n{json}\r\n");
            Assert.That(client.ReadAnswer()!.Value.Status, Is.EqualTo(413), json);
        }

        Assert.That(server.Server.Memory.Rented, Is.Zero);
        using var held = new RawClient(server.Port);
        held.Send("POST /v2/models/image/infer HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
        held.Send($"{Text.Length:x}\r\n{Text}\r\n");
        Assert.That(SpinWait.SpinUntil(() => server.Server.Memory.Rented == 1, TimeSpan.FromMinutes(1)), Is.True);
        Assert.That(server.Server.Memory.RentedBytes, Is.LessThan(100_000), "the shape promises more than a megabyte");
    }

    [Test]
    public async Task Connections()
    {
        await using TestServer server = await TestServer.StartAsync(o => o.MaxConnections = 2, TestPlans.AddOne);
        using var one = new RawClient(server.Port);
        using var two = new RawClient(server.Port);
        one.Send("GET /v2 HTTP/1.1\r\nHost: test\r\n\r\n");
        two.Send("GET /v2 HTTP/1.1\r\nHost: test\r\n\r\n");
        Assert.That((one.ReadAnswer()!.Value.Status, two.ReadAnswer()!.Value.Status), Is.EqualTo((200, 200)));
        using var three = new RawClient(server.Port);
        three.ReadToEnd(out long bytes);
        Assert.That(bytes, Is.Zero, "closed at once");
    }
}
