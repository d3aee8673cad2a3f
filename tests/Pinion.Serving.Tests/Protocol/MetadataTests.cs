using System.Net;

namespace Pinion.Serving.Tests;

/// <summary>Every endpoint but inference, against documents written by hand.</summary>
public sealed class MetadataTests
{
    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task Start() => _server = await TestServer.StartAsync(TestPlans.AddOne, TestPlans.Sum);

    [OneTimeTearDown]
    public async Task Stop() => await _server.DisposeAsync();

    [TestCase("/v2", """{"name":"pinion","version":"0.1.0","extensions":["binary_tensor_data"]}""")]
    [TestCase("/v2/", """{"name":"pinion","version":"0.1.0","extensions":["binary_tensor_data"]}""")]
    [TestCase("/v2/health/live", """{"live":true}""")]
    [TestCase("/v2/health/ready", """{"ready":true}""")]
    [TestCase("/v2/models/addone", Addone)]
    [TestCase("/v2/models/addone/versions/1", Addone)]
    [TestCase("/v2/models/addone/ready", """{"name":"addone","ready":true}""")]
    [TestCase("/v2/models/addone/versions/1/ready", """{"name":"addone","ready":true}""")]
    public async Task Documents(string path, string expected)
    {
        Answer answer = (await _server.GetAsync(path)).Must(HttpStatusCode.OK);
        Assert.That(answer.Text, Is.EqualTo(expected));
        Assert.That(answer.Response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json"));
    }

    [Test]
    public async Task The_index_lists_all()
    {
        Answer answer = (await _server.PostAsync("/v2/repository/index", "{}")).Must(HttpStatusCode.OK);
        Assert.That(answer.Text, Is.EqualTo(
            """[{"name":"addone","version":"1","state":"READY","reason":""},{"name":"sum","version":"1","state":"READY","reason":""}]"""));
    }

    [TestCase("/v2/models/nosuch", "There is no model 'nosuch'")]
    [TestCase("/v2/models/nosuch/ready", "There is no model 'nosuch'")]
    [TestCase("/v2/models/AddOne", "There is no model 'AddOne'")]
    [TestCase("/v2/models/addone/versions/2", "Version '2' of model 'addone' is not served; version '1' is")]
    [TestCase("/v2/models/addone/versions/2/ready", "Version '2'")]
    [TestCase("/v2/models/..%2F..%2Fetc%2Fpasswd", "There is no model")]
    [TestCase("/v3", "There is no such path")]
    [TestCase("/v2/models", "There is no such path")]
    [TestCase("/v2/models/addone/infer/x", "There is no such path")]
    public async Task What_is_not_there(string path, string error) => (await _server.GetAsync(path)).Must(HttpStatusCode.NotFound, error);

    [Test]
    public async Task Other_methods()
    {
        (await _server.GetAsync("/v2/models/addone/infer")).Must(HttpStatusCode.MethodNotAllowed, "'GET'");
        (await _server.PostAsync("/v2/health/live", "")).Must(HttpStatusCode.MethodNotAllowed, "'POST'");
    }

    [Test]
    public async Task A_stopping_server_is_alive_and_not_ready()
    {
        await using TestServer server = await TestServer.StartAsync(TestPlans.AddOne);
        server.Server.Served.IsStarting = true;
        (await server.GetAsync("/v2/health/ready")).Must(HttpStatusCode.ServiceUnavailable);
        server.Server.Served.IsStarting = false;
        (await server.GetAsync("/v2/health/ready")).Must(HttpStatusCode.OK);
        server.Server.Served.Stop();
        (await server.GetAsync("/v2/health/live")).Must(HttpStatusCode.OK);
        Answer ready = (await server.GetAsync("/v2/health/ready")).Must(HttpStatusCode.ServiceUnavailable);
        Assert.That(ready.Text, Is.EqualTo("""{"ready":false}"""));
        (await server.GetAsync("/v2/models/addone/ready")).Must(HttpStatusCode.ServiceUnavailable);
        Answer refused = (await server.PostAsync("/v2/models/addone/infer", "{}")).Must(HttpStatusCode.ServiceUnavailable, "stopping");
        Assert.That(refused.Response.Headers.RetryAfter!.Delta, Is.EqualTo(TimeSpan.FromSeconds(1)));
    }

    private const string Addone =
        """{"name":"addone","versions":["1"],"platform":"tensorrt_plan","inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]}],"outputs":[{"name":"y","datatype":"FP32","shape":[-1,4]}]}""";
}
