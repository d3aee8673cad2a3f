using System.Net;
using System.Text;

namespace Pinion.Serving.Tests;

/// <summary>Requests that are wrong, or mean harm: each gets a 4xx that says why, and the next request is answered as ever.</summary>
public sealed class BadRequestTests
{
    private const string Good = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";

    private static readonly object[] Bodies =
    [
        Case("", "not valid"),
        Case("{", "not valid"),
        Case("nonsense", "not valid"),
        Case("[]", "must be an object"),
        Case("null", "must be an object"),
        Case("{}", "no \"inputs\""),
        Case(Good + "x", "not valid at line 1, byte"),
        Case(Good + Good, "not valid"),
        Case(Good.Replace("3,4", "NaN,4"), "NaN", "binary"),
        Case(Good.Replace("3,4", "3,4,"), "not valid"),
        Case(Good.Replace("3,4", "3,/**/4"), "not valid"),
        Case("""{"inputs":{}}""", "\"inputs\" must be an array"),
        Case("""{"inputs":null}""", "\"inputs\" must be an array"),
        Case("""{"inputs":[]}""", "Input 'x' of model 'addone' is missing"),
        Case("""{"inputs":[1]}""", "Each of \"inputs\" must be an object"),
        Case("""{"inputs":[{}]}""", "no name"),
        Case("""{"inputs":[{"name":7}]}""", "\"name\" must be a string"),
        Case("""{"inputs":[{"name":"z","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""", "has no input 'z'", "'x'"),
        Case(Input("\"shape\":[1,4]"), "no \"datatype\""),
        Case(Input("\"datatype\":\"FP32\""), "no \"shape\""),
        Case(Input("\"shape\":[1,4],\"datatype\":\"FP32\""), "neither \"data\" nor"),
        Case(Input("\"shape\":[1,4],\"datatype\":\"INT32\",\"data\":[1,2,3,4]"), "'INT32'; the model's is FP32"),
        Case(Input("\"shape\":[1,4],\"datatype\":\"fp32\",\"data\":[1,2,3,4]"), "'fp32'"),
        Case(Input("\"shape\":[1,4],\"datatype\":\"BYTES\",\"data\":[\"a\"]"), "'BYTES'"),
        Case(Input("\"shape\":[4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]"), "shape [4]; the model's is [-1,4]"),
        Case(Input("\"shape\":[1,5],\"datatype\":\"FP32\",\"data\":[1,2,3,4,5]"), "shape [1,5]"),
        Case(Input("\"shape\":[0,4],\"datatype\":\"FP32\",\"data\":[]"), "a batch of 0", "1 to 8"),
        Case(Input("\"shape\":[9,4],\"datatype\":\"FP32\",\"data\":[]"), "a batch of 9", "1 to 8"),
        Case(Input("\"shape\":[-1,4],\"datatype\":\"FP32\",\"data\":[]"), "whole number from 0"),
        Case(Input("\"shape\":[1.0,4],\"datatype\":\"FP32\",\"data\":[]"), "whole number from 0"),
        Case(Input("\"shape\":[9223372036854775808,4],\"datatype\":\"FP32\",\"data\":[]"), "whole number from 0"),
        Case(Input("\"shape\":[1,1,1,1,1,1,1,1,1],\"datatype\":\"FP32\",\"data\":[]"), "at most 8 dimensions"),
        Case(Input("\"shape\":\"1,4\",\"datatype\":\"FP32\",\"data\":[]"), "\"shape\" must be an array"),
        Case(Input("\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":{}"), "\"data\" must be an array"),
        Case(Input("\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3]"), "has 3 values; shape [1,4] has 4"),
        Case(Input("\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4,5]"), "more values than the 4"),
        Case(Input("\"data\":[1,2,3,4,5],\"shape\":[1,4],\"datatype\":\"FP32\""), "has 5 values"),
        Case(Input("\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[[1,2,3,4]],\"data\":[1]"), "\"data\" is given twice"),
        Case(Input("\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[[1,2],[3]]"), "arrays of 2 and of 1"),
        Case(Input("\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[[1,2,3],4]"), "different depths"),
        Case(Input("\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,[2,3,4]]"), "arrays beside values"),
        Case(Input("\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[[1],[2],[3],[4]]"), "nested as [4,1]"),
        Case(Input("\"data\":[[1],[2],[3],[4]],\"shape\":[1,4],\"datatype\":\"FP32\""), "nested as [4,1]"),
        Case(Input("\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[[[[[[[[[1]]]]]]]]]"), "deeper than 8"),
        Case(Input("\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,\"4\"]"), "holds a string"),
        Case(Input("\"data\":[1,2,3,1e999],\"shape\":[1,4],\"datatype\":\"FP32\""), "place 3"),
        Case("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]},{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""", "given 2 times"),
        Case(Good[..^1] + ""","inputs":[]}""", "\"inputs\" is given twice"),
        Case(Good[..^1] + ""","id":7}""", "\"id\" must be a string"),
        Case(Good[..^1] + ",\"id\":\"" + new string('i', 2000) + "\"}", "\"id\" has 2000 characters"),
        Case(Good[..^1] + ""","id":"\ud800"}""", "no valid Unicode"),
        Case(Good[..^1] + ""","\ud800":1}""", "no valid Unicode"),
        Case(Good[..^1] + ""","parameters":{"\ud800aaaaaaaaaaaa":1}}""", "no valid Unicode"),
        Case(Good[..^1] + ""","parameters":{"timeout":1000000,"timeout":1000000}}""", "\"timeout\" is given twice"),
        Case(Input("\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[[],1,2,3,4]"), "arrays beside values"),
        Case(Good[..^1] + ",\"outputs\":[" + string.Join(',', Enumerable.Repeat("{\"name\":\"z\"}", 3)) + "]}", "at most the 1 of model"),
        Case(Good[..^1] + ",\"id\":\"" + new string('i', 20_000) + "\"}", "of at most 6144 bytes"),
        Case(Good[..^1] + ""","parameters":[]}""", "\"parameters\" must be an object"),
        Case(Good[..^1] + ""","parameters":{"a":[]}}""", "must be a string, a number, true or false"),
        Case(Good[..^1] + ""","parameters":{"timeout":-1}}""", "\"timeout\" must be a whole number"),
        Case(Good[..^1] + ""","parameters":{"priority":"high"}}""", "\"priority\" must be a whole number"),
        Case(Good[..^1] + ""","parameters":{"binary_data_output":1}}""", "\"binary_data_output\" must be true or false"),
        Case(Good[..^1] + ""","parameters":{"sequence_id":1}}""", "sequence_id"),
        Case(Good[..^1] + ""","outputs":{}}""", "\"outputs\" must be an array"),
        Case(Good[..^1] + ""","outputs":[{}]}""", "An output has no name"),
        Case(Good[..^1] + ""","outputs":[{"name":"z"}]}""", "has no output 'z'"),
        Case(Good[..^1] + ""","outputs":[{"name":"y"},{"name":"y"}]}""", "asked for twice"),
        Case(Good[..^1] + ""","outputs":[{"name":"y","parameters":{"classification":3}}]}""", "classification"),
        Case(Good[..^1] + ""","outputs":[{"name":"y","parameters":{"shared_memory_region":"r"}}]}""", "shared_memory_region"),
        Case(Good[..^1] + ",\"z\":" + new string('[', 100) + new string(']', 100) + "}", "not valid"),
        Case(Input("\"shape\":[1,4],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":16}"), "needs the header Inference-Header-Content-Length"),
        Case("""{"inputs":[{"name":""" + $"\"{new string('n', 100_000)}\"" + "}]}", "longer than 65536 bytes|of at most 6144 bytes"),
        Case("""{"inputs":[""" + string.Join(',', Enumerable.Repeat("{}", 3000)) + "]}", "no name"),
    ];

    /// <summary>Bodies with binary data: JSON length as said, JSON, bytes behind it, what is said.</summary>
    private static readonly object[] Binaries =
    [
        new object[] { 16, 16, null!, "" },
        new object[] { 15, 15, null!, "\"binary_data_size\" of 15" },
        new object[] { 17, 17, null!, "\"binary_data_size\" of 17" },
        new object[] { 16, 15, null!, "15 bytes of binary data" },
        new object[] { 16, 17, null!, "17 bytes of binary data" },
        new object[] { 0, 0, null!, "\"binary_data_size\" of 0" },
        new object[] { -1, 16, null!, "whole number, 0 or more" },
        new object[] { 16, 16, "-5", "one whole number" },
        new object[] { 16, 16, "many", "one whole number" },
        new object[] { 16, 16, "99999999999999999999", "one whole number" },
        new object[] { 16, 16, "1000000", "the whole body has" },
        new object[] { 16, 16, "3", "not valid" },
    ];

    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task Start() => _server = await TestServer.StartAsync(o => o.Serving.MaxRequestBytes = 1 << 20, TestPlans.AddOne);

    [OneTimeTearDown]
    public async Task Stop() => await _server.DisposeAsync();

    [TearDown]
    public async Task StillServes()
    {
        (await _server.PostAsync("/v2/models/addone/infer", Good)).Must(HttpStatusCode.OK);
        _server.Settle();
    }

    [TestCaseSource(nameof(Bodies))]
    public async Task Json(string body, string[] fragments)
    {
        Answer answer = (await _server.PostAsync("/v2/models/addone/infer", body)).Must(HttpStatusCode.BadRequest);
        string error = answer.Json.GetProperty("error").GetString()!;
        foreach (string fragment in fragments)
        {
            Assert.That(fragment.Split('|').Any(error.Contains), Is.True, () => error);
        }

        Assert.That(error, Has.Length.LessThan(500), "what a client sends is not sent back at length");
        if (body.Length < 4096)
        {
            // The same a few bytes at a time: nothing may hang on where a read ends.
            Assert.That(InPieces(body, 3), Is.EqualTo((400, answer.Text)));
        }
    }

    [TestCaseSource(nameof(Binaries))]
    public async Task Binary(int said, int sent, string? header, string error)
    {
        byte[] json = Encoding.UTF8.GetBytes($$$"""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","parameters":{"binary_data_size":{{{said}}}}}]}""");
        Answer answer = await _server.PostAsync(
            "/v2/models/addone/infer", [.. json, .. new byte[sent]], (InferenceHeaders.JsonLength, header ?? $"{json.Length}"));
        answer.Must(error.Length == 0 ? HttpStatusCode.OK : HttpStatusCode.BadRequest, error.Length == 0 ? [] : [error]);
    }

    [Test]
    public async Task Packed_bodies_are_refused() =>
        (await _server.PostAsync("/v2/models/addone/infer", Good, ("Content-Encoding", "gzip"))).Must(HttpStatusCode.UnsupportedMediaType, "Content-Encoding");

    [Test]
    public async Task Long_bodies_are_refused_before_they_are_read()
    {
        using var client = new RawClient(_server.Port);
        client.Send(RawClient.Head("/v2/models/addone/infer", 1L << 40));
        (int status, string body) = client.ReadAnswer()!.Value;
        Assert.That(status, Is.EqualTo(413));
        Assert.That(body, Does.Contain("this server takes 1048576"));
        await Task.CompletedTask;
    }

    [Test]
    public async Task Long_bodies_without_a_length_are_refused_too()
    {
        using var client = new RawClient(_server.Port);
        client.Send("POST /v2/models/addone/infer HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
        client.Send("B\r\n{\"inputs\":[\r\n");
        string spaces = new(' ', 65536);
        try
        {
            for (int i = 0; i < 40; i++)
            {
                client.Send($"10000\r\n{spaces}\r\n");
            }
        }
        catch (IOException)
        {
            // The server need not read on.
        }

        Assert.That(client.ReadAnswer()!.Value.Status, Is.EqualTo(413));
        await Task.CompletedTask;
    }

    [Test]
    public void Headers_are_bounded()
    {
        using var client = new RawClient(_server.Port);
        client.Send("GET /v2 HTTP/1.1\r\nHost: test\r\n");
        try
        {
            for (int i = 0; i < 200; i++)
            {
                client.Send($"X-{i}: {new string('h', 1000)}\r\n");
            }

            client.Send("\r\n");
        }
        catch (IOException)
        {
            // The server need not read on.
        }

        Assert.That(client.ReadAnswer()!.Value.Status, Is.EqualTo(431));
    }

    private static object[] Case(string body, params string[] fragments) => [body, fragments];

    private static string Input(string rest) => $$$"""{"inputs":[{"name":"x",{{{rest}}}}]}""";

    private (int, string) InPieces(string body, int size)
    {
        using var client = new RawClient(_server.Port);
        client.Send("POST /v2/models/addone/infer HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
        foreach (byte[] piece in Encoding.UTF8.GetBytes(body).Chunk(size))
        {
            client.Send($"{piece.Length:X}\r\n");
            client.Send(piece);
            client.Send("\r\n");
        }

        client.Send("0\r\n\r\n");
        return client.ReadAnswer()!.Value;
    }
}
