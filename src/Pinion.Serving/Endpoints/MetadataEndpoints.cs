using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Pinion.Hosting;

namespace Pinion.Serving;

/// <summary>What the server tells about itself and its models.</summary>
internal sealed class MetadataEndpoints
{
    private static readonly string Version =
        typeof(MetadataEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private readonly ServedInference _served;
    private readonly string _serverName;

    public MetadataEndpoints(ServedInference served, string serverName)
    {
        _served = served;
        _serverName = serverName;
    }

    public Task ServerAsync(HttpContext context) => JsonAnswer.SendAsync(context.Response, StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, _serverName);
        writer.WriteString("version"u8, Version);
        writer.WriteStartArray("extensions"u8);
        writer.WriteStringValue("binary_tensor_data"u8);
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    /// <summary>The process answers: that is all that being alive means.</summary>
    public static Task LiveAsync(HttpContext context) => JsonAnswer.SendAsync(context.Response, StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartObject();
        writer.WriteBoolean("live"u8, true);
        writer.WriteEndObject();
    });

    public Task ReadyAsync(HttpContext context)
    {
        bool ready = _served.IsReady;
        return JsonAnswer.SendAsync(context.Response, ReadyStatus(ready), writer =>
        {
            writer.WriteStartObject();
            writer.WriteBoolean("ready"u8, ready);
            writer.WriteEndObject();
        });
    }

    public Task ModelAsync(HttpContext context)
    {
        InferenceModel model = Find(context);
        return JsonAnswer.SendAsync(context.Response, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, model.Name);
            writer.WriteStartArray("versions"u8);
            writer.WriteStringValue(model.Version);
            writer.WriteEndArray();
            writer.WriteString("platform"u8, "tensorrt_plan"u8);
            WriteTensors(writer, "inputs", model.Inputs);
            WriteTensors(writer, "outputs", model.Outputs);
            writer.WriteEndObject();
        });
    }

    public Task ModelReadyAsync(HttpContext context)
    {
        InferenceModel model = Find(context);
        bool ready = _served.Answers(model);
        return JsonAnswer.SendAsync(context.Response, ReadyStatus(ready), writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, model.Name);
            writer.WriteBoolean("ready"u8, ready);
            writer.WriteEndObject();
        });
    }

    /// <summary>Triton's list of what is in the repository. Its body may ask for those that are ready only; all are listed here.</summary>
    public Task IndexAsync(HttpContext context) => JsonAnswer.SendAsync(context.Response, StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartArray();
        foreach (InferenceModel model in _served.Models.All)
        {
            bool ready = _served.Answers(model);
            writer.WriteStartObject();
            writer.WriteString("name"u8, model.Name);
            writer.WriteString("version"u8, model.Version);
            writer.WriteString("state"u8, ready ? "READY"u8 : "UNAVAILABLE"u8);
            writer.WriteString("reason"u8, ready ? "" : model.State.ToString());
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private static int ReadyStatus(bool ready) => ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;

    private static void WriteTensors(Utf8JsonWriter writer, string name, IReadOnlyList<TensorInfo> tensors)
    {
        writer.WriteStartArray(name);
        foreach (TensorInfo tensor in tensors)
        {
            writer.WriteStartObject();
            JsonAnswer.WriteTensor(writer, tensor);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private InferenceModel Find(HttpContext context) =>
        _served.Find((string)context.Request.RouteValues["model"]!, (string?)context.Request.RouteValues["version"]);
}
