using System.Net;
using System.Text.Json;

namespace Pinion.Serving.Tests;

/// <summary>Every datatype, in and out, in JSON and in binary; but INT64 and BF16, which engines have from TensorRT 10 on only.</summary>
public sealed class DatatypeTests
{
    private static readonly (OnnxType Onnx, string Name, string[] Values, Func<JsonElement, byte[]> ToBytes)[] All =
    [
        (OnnxType.Float32, "FP32", ["0", "-1.5", "3.4028235E+38", "1E-45", "0.1", "16777216"], v => BitConverter.GetBytes(v.GetSingle())),
        (OnnxType.Int32, "INT32", ["0", "-1", "2147483647", "-2147483648", "7", "1"], v => BitConverter.GetBytes(v.GetInt32())),
        (OnnxType.Int8, "INT8", ["0", "-1", "127", "-128", "7", "1"], v => [(byte)v.GetSByte()]),
        (OnnxType.UInt8, "UINT8", ["0", "1", "255", "128", "7", "1"], v => [v.GetByte()]),
        (OnnxType.Bool, "BOOL", ["true", "false", "true", "true", "false", "false"], v => [v.GetBoolean() ? (byte)1 : (byte)0]),
    ];

    /// <summary>In a range, of another kind, out of the range.</summary>
    private static readonly object[] Wrong =
    [
        new object[] { "FP32", "1e39" }, new object[] { "FP32", "\"1\"" }, new object[] { "FP32", "true" },
        new object[] { "FP32", "null" }, new object[] { "FP32", "{}" }, new object[] { "FP32", "1e999999999" },
        new object[] { "INT32", "2147483648" }, new object[] { "INT32", "1.5" }, new object[] { "INT32", "1e400" },
        new object[] { "INT8", "128" }, new object[] { "UINT8", "-1" },
        new object[] { "UINT8", "256" }, new object[] { "BOOL", "2" }, new object[] { "BOOL", "\"true\"" },
    ];

    private TestServer _server = null!;

    private static IEnumerable<string> JsonTypes => All.Select(t => t.Name);

    [OneTimeSetUp]
    public async Task Start() => _server = await TestServer.StartAsync([.. All.Select(t => TestPlans.IdentityOf(t.Onnx)), TestPlans.IdentityOf(OnnxType.Float16)]);

    [OneTimeTearDown]
    public async Task Stop() => await _server.DisposeAsync();

    [TestCaseSource(nameof(JsonTypes))]
    public async Task Round_trips(string name)
    {
        (OnnxType type, _, string[] values, Func<JsonElement, byte[]> toBytes) = All.Single(t => t.Name == name);
        string json = $"[{string.Join(',', values)}]";
        byte[] bytes = [.. JsonDocument.Parse(json).RootElement.EnumerateArray().SelectMany(toBytes)];
        foreach (bool binaryIn in new[] { true, false })
        {
            foreach (bool binaryOut in new[] { true, false })
            {
                string data = binaryIn ? $"\"parameters\":{{\"binary_data_size\":{bytes.Length}}}" : $"\"data\":{json}";
                string request = $$$"""{"inputs":[{"name":"x","shape":[1,6],"datatype":"{{{name}}}",{{{data}}}}],"outputs":[{"name":"y","parameters":{"binary_data":{{{(binaryOut ? "true" : "false")}}}}}]}""";
                Answer answer = (await _server.InferAsync($"identity-{type}", request, binaryIn ? bytes : [])).Must(HttpStatusCode.OK);
                JsonElement output = answer.Json.GetProperty("outputs")[0];
                Assert.That(output.GetProperty("datatype").GetString(), Is.EqualTo(name));
                byte[] got = binaryOut ? answer.Binary : [.. output.GetProperty("data").EnumerateArray().SelectMany(toBytes)];
                Assert.That(got, Is.EqualTo(bytes), $"binary in {binaryIn}, out {binaryOut}");
            }
        }
    }

    /// <summary>16-bit floats have a binary form alone, as with Triton.</summary>
    [Test]
    public async Task Half_precision_is_binary()
    {
        const string Binary = """{"inputs":[{"name":"x","shape":[1,6],"datatype":"FP16","parameters":{"binary_data_size":12}}],"outputs":[{"name":"y","parameters":{"binary_data":true}}]}""";
        byte[] bytes = [.. new[] { 1f, -0.5f, float.PositiveInfinity, 65504f, 0f, 0.1f }.SelectMany(v => BitConverter.GetBytes((Half)v))];
        Answer answer = (await _server.InferAsync("identity-Float16", Binary, bytes)).Must(HttpStatusCode.OK);
        Assert.That(answer.Binary, Is.EqualTo(bytes));
        Assert.That(answer.Json.GetProperty("outputs")[0].GetProperty("datatype").GetString(), Is.EqualTo("FP16"));
        (await _server.PostAsync("/v2/models/identity-Float16/infer", """{"inputs":[{"name":"x","shape":[1,6],"datatype":"FP16","data":[1,2,3,4,5,6]}],"parameters":{"binary_data_output":true}}"""))
            .Must(HttpStatusCode.BadRequest, "Input 'x' is FP16", "binary_data_size");
        (await _server.InferAsync("identity-Float16", Binary.Replace("true", "false", StringComparison.Ordinal), bytes)).Must(HttpStatusCode.BadRequest, "Output 'y' is FP16", "binary_data");
    }

    [TestCaseSource(nameof(Wrong))]
    public async Task Wrong_values(string name, string value)
    {
        OnnxType type = All.Single(t => t.Name == name).Onnx;
        string request = $$"""{"inputs":[{"name":"x","shape":[1,6],"datatype":"{{name}}","data":[0,0,0,0,{{value}},0]}]}""";
        (await _server.PostAsync($"/v2/models/identity-{type}/infer", request)).Must(HttpStatusCode.BadRequest, "The data of input 'x'");
    }

    [Test]
    public async Task Other_bytes_are_no_bool() => (await _server.InferAsync(
        "identity-Bool", """{"inputs":[{"name":"x","shape":[1,6],"datatype":"BOOL","parameters":{"binary_data_size":6}}]}""", [0, 1, 2, 0, 0, 0]))
        .Must(HttpStatusCode.BadRequest, "other than 0 and 1");

    [Test]
    public async Task Zero_and_one_are_bools_too()
    {
        Answer answer = (await _server.PostAsync("/v2/models/identity-Bool/infer", """{"inputs":[{"name":"x","shape":[1,6],"datatype":"BOOL","data":[0,1,true,false,1,0]}]}""")).Must(HttpStatusCode.OK);
        Assert.That(answer.Json.GetProperty("outputs")[0].GetProperty("data").GetRawText(), Is.EqualTo("[false,true,true,false,true,false]"));
    }
}
