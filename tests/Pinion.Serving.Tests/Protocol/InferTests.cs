using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Pinion.Serving.Tests;

/// <summary>Inference in JSON and in binary, in all mixtures.</summary>
public sealed class InferTests
{
    private const string One = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";
    private const string OneAnswer = """{"model_name":"addone","model_version":"1","outputs":[{"name":"y","datatype":"FP32","shape":[1,4],"data":[2,3,4,5]}]}""";
    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task Start() => _server = await TestServer.StartAsync(TestPlans.AddOne, TestPlans.Sum, TestPlans.Log, TestPlans.Image);

    [OneTimeTearDown]
    public async Task Stop() => await _server.DisposeAsync();

    [TestCase(One)]
    [TestCase("""{"inputs":[{"data":[1,2,3,4],"datatype":"FP32","name":"x","shape":[1,4]}]}""", Description = "data before its type")]
    [TestCase("""{"inputs":[{"shape":[1,4],"data":[[1.0,2e0],[3,4]],"name":"x","datatype":"FP32"}]}""", 400, Description = "nested, but not as the shape")]
    [TestCase("""{"inputs":[{"data":[[1.0,20e-1,3.0,4]],"name":"x","shape":[1,4],"datatype":"FP32"}]}""", Description = "nested, before its type")]
    [TestCase("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[[1,2,3,4]]}]}""", Description = "nested")]
    [TestCase(""" { "parameters" : null, "extra" : [1,{"a":[[]]}], "inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","more":{"z":1},"parameters":{"q":"r"},"data":[1,2,3,4]}], "outputs":[] } """)]
    [TestCase("""{"inputs":[{"na\u006de":"\u0078","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}],"parameters":{"priority":1,"timeout":60000000,"unknown":true}}""")]
    public async Task Json(string request, int status = 200)
    {
        Answer answer = (await _server.PostAsync("/v2/models/addone/infer", request)).Must((HttpStatusCode)status);
        if (status == 200)
        {
            Assert.That(answer.Text, Is.EqualTo(OneAnswer));
            Assert.That(answer.Response.Content.Headers.ContentLength, Is.EqualTo(OneAnswer.Length));
        }
    }

    [Test]
    public async Task The_version_can_be_named() =>
        Assert.That((await _server.PostAsync("/v2/models/addone/versions/1/infer", One)).Must(HttpStatusCode.OK).Text, Is.EqualTo(OneAnswer));

    [Test]
    public async Task Bodies_of_one_byte_a_piece()
    {
        using var client = new RawClient(_server.Port);
        client.Send("POST /v2/models/addone/infer HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
        foreach (char c in """{"inputs":[{"data":[1,2,3.0e0,4],"datatype":"FP32","name":"x","shape":[1,4]}]}""")
        {
            client.Send($"1\r\n{c}\r\n");
        }

        client.Send("0\r\n\r\n");
        Assert.That(client.ReadAnswer(), Is.EqualTo((200, OneAnswer)));
        await Task.CompletedTask;
    }

    [Test]
    public async Task Ids_come_back()
    {
        const string Odd = "a\\\"b\\u0001\\u00e9\\ud83d\\ude00";
        string request = $$"""{"id":"{{Odd}}",{{One[1..]}}""";
        // The same id twice at once is two requests.
        Answer[] answers = await Task.WhenAll(_server.PostAsync("/v2/models/addone/infer", request), _server.PostAsync("/v2/models/addone/infer", request));
        foreach (Answer answer in answers)
        {
            Assert.That(answer.Must(HttpStatusCode.OK).Json.GetProperty("id").GetString(), Is.EqualTo("a\"b\u0001\u00e9\U0001F600"));
        }
    }

    [Test]
    public async Task Binary_in_and_out()
    {
        const string Request = """{"inputs":[{"name":"x","shape":[2,4],"datatype":"FP32","parameters":{"binary_data_size":32}}],"parameters":{"binary_data_output":true}}""";
        Answer answer = (await _server.InferAsync("addone", Request, Bytes(1, 2, 3, 4, 5, 6, 7, 8))).Must(HttpStatusCode.OK);
        Assert.That(Encoding.UTF8.GetString(answer.JsonPart.Span), Is.EqualTo(
            """{"model_name":"addone","model_version":"1","outputs":[{"name":"y","datatype":"FP32","shape":[2,4],"parameters":{"binary_data_size":32}}]}"""));
        Assert.That(Floats(answer.Binary), Is.EqualTo(new float[] { 2, 3, 4, 5, 6, 7, 8, 9 }));
        Assert.That(answer.Response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/octet-stream"));
    }

    /// <summary>One input in JSON and one binary, in either order; one output each way.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task Mixtures(bool jsonFirst)
    {
        const string Left = """{"name":"left","shape":[1,3],"datatype":"FP32","data":[10,20,30]}""";
        const string Right = """{"name":"right","shape":[1,3],"datatype":"FP32","parameters":{"binary_data_size":12}}""";
        string inputs = jsonFirst ? $"{Left},{Right}" : $"{Right},{Left}";
        string outputs = """{"name":"difference","parameters":{"binary_data":true}},{"name":"sum"}""";
        Answer answer = (await _server.InferAsync("sum", $$"""{"inputs":[{{inputs}}],"outputs":[{{outputs}}]}""", Bytes(1, 2, 3))).Must(HttpStatusCode.OK);
        JsonElement[] got = [.. answer.Json.GetProperty("outputs").EnumerateArray()];
        Assert.That(got.Select(o => o.GetProperty("name").GetString()), Is.EqualTo(new[] { "difference", "sum" }));
        Assert.That(got[1].GetProperty("data").EnumerateArray().Select(v => v.GetSingle()), Is.EqualTo(new float[] { 11, 22, 33 }));
        Assert.That(Floats(answer.Binary), Is.EqualTo(new float[] { 9, 18, 27 }));
    }

    [Test]
    public async Task An_output_can_be_json_where_the_others_are_binary()
    {
        const string Request =
            """{"inputs":[{"name":"left","shape":[1,2],"datatype":"FP32","data":[1,2]},{"name":"right","shape":[1,2],"datatype":"FP32","data":[1,1]}],"outputs":[{"name":"sum","parameters":{"binary_data":false}},{"name":"difference"}],"parameters":{"binary_data_output":true}}""";
        Answer answer = (await _server.PostAsync("/v2/models/sum/infer", Request)).Must(HttpStatusCode.OK);
        Assert.That(answer.Json.GetProperty("outputs")[0].GetProperty("data").GetArrayLength(), Is.EqualTo(2));
        Assert.That(Floats(answer.Binary), Is.EqualTo(new float[] { 0, 1 }));
    }

    [Test]
    public async Task One_output_of_several()
    {
        const string Request =
            """{"outputs":[{"name":"difference"}],"inputs":[{"name":"right","shape":[1,2],"datatype":"FP32","data":[1,1]},{"name":"left","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""";
        Answer answer = (await _server.PostAsync("/v2/models/sum/infer", Request)).Must(HttpStatusCode.OK);
        Assert.That(answer.Text, Is.EqualTo(
            """{"model_name":"sum","model_version":"1","outputs":[{"name":"difference","datatype":"FP32","shape":[1,2],"data":[0,1]}]}"""));
    }

    /// <summary>A body that is nothing but the only input's data.</summary>
    [Test]
    public async Task Raw_bodies()
    {
        Answer answer = (await _server.PostAsync("/v2/models/addone/infer", Bytes(1, 2, 3, 4), (InferenceHeaders.JsonLength, "0"))).Must(HttpStatusCode.OK);
        Assert.That(Floats(answer.Binary), Is.EqualTo(new float[] { 2, 3, 4, 5 }));
        (await _server.PostAsync("/v2/models/addone/infer", Bytes(1, 2, 3), (InferenceHeaders.JsonLength, "0"))).Must(HttpStatusCode.BadRequest, "12 bytes");
        (await _server.PostAsync("/v2/models/sum/infer", Bytes(1, 2, 3), (InferenceHeaders.JsonLength, "0"))).Must(HttpStatusCode.BadRequest, "2 inputs");
    }

    /// <summary>Larger than every buffer on the way, so that reading and writing wait for each other.</summary>
    [Test]
    public async Task Large_tensors()
    {
        float[] values = [.. Enumerable.Range(0, 2 * 3 * 224 * 224).Select(i => i * 0.25f)];
        byte[] bytes = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        string request = $$$"""{"inputs":[{"name":"x","shape":[2,3,224,224],"datatype":"FP32","parameters":{"binary_data_size":{{{bytes.Length}}}}}],"outputs":[{"name":"y","parameters":{"binary_data":true}}]}""";
        Assert.That((await _server.InferAsync("image", request, bytes)).Must(HttpStatusCode.OK).Binary, Is.EqualTo(bytes));

        // The same in JSON, which is sent in pieces.
        string json = $$"""{"inputs":[{"name":"x","shape":[2,3,224,224],"datatype":"FP32","data":{{JsonSerializer.Serialize(values)}}}]}""";
        Answer answer = (await _server.PostAsync("/v2/models/image/infer", json)).Must(HttpStatusCode.OK);
        Assert.That(answer.Json.GetProperty("outputs")[0].GetProperty("data").Deserialize<float[]>(), Is.EqualTo(values));
        Assert.That(answer.Response.Headers.TransferEncodingChunked, Is.True);
    }

    [Test]
    public async Task What_is_no_json_number_is_said_so()
    {
        const string Request = """{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,-1]}]}""";
        (await _server.PostAsync("/v2/models/log/infer", Request)).Must(HttpStatusCode.UnprocessableEntity, "at place 1", "binary_data");
        Answer answer = (await _server.PostAsync("/v2/models/log/infer", Request[..^1] + ""","outputs":[{"name":"y","parameters":{"binary_data":true}}]}""")).Must(HttpStatusCode.OK);
        Assert.That(Floats(answer.Binary), Is.EqualTo(new[] { 0, float.NaN }));
        Answer infinite = (await _server.InferAsync(
            "log", """{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}""", Bytes(0, float.NaN)))
            .Must(HttpStatusCode.UnprocessableEntity, "at place 0");
        Assert.That(infinite.Response.Headers.Contains(InferenceHeaders.JsonLength), Is.False);
    }

    private static byte[] Bytes(params float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private static float[] Floats(byte[] bytes) => MemoryMarshal.Cast<byte, float>(bytes).ToArray();
}
