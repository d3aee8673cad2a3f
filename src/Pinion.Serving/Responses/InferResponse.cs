using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Pinion.Hosting;

namespace Pinion.Serving;

/// <summary>Writes the answer to an inference: JSON, then the binary outputs straight from the result's memory.</summary>
internal sealed class InferResponse
{
    /// <summary>Answers with less text than this have a Content-Length; longer ones are sent as they are written.</summary>
    private const long LongestBufferedElements = 4096;

    private const int ElementsAtOnce = 2048;
    private const int FlushBytes = 65536;
    private readonly InferenceModel _model;
    private readonly InferRequest _request;
    private readonly InferenceResult _result;
    private readonly List<(TensorInfo Info, ReadOnlyMemory<byte> Bytes, bool Binary)> _outputs = [];

    public InferResponse(InferenceModel model, InferRequest request, InferenceResult result)
    {
        _model = model;
        _request = request;
        _result = result;
        if (request.Outputs.Count == 0)
        {
            for (int i = 0; i < result.Outputs.Count; i++)
            {
                Add(i, request.BinaryOutputs);
            }
        }

        foreach (RequestedOutput output in request.Outputs)
        {
            Add(InputCheck.IndexOf(result.Outputs, output.Name!), output.Binary ?? request.BinaryOutputs);
        }
    }

    /// <summary>Sends it.</summary>
    /// <exception cref="ServingException">A value has no form in JSON; nothing has been sent.</exception>
    public async Task SendAsync(HttpResponse response, CancellationToken token)
    {
        long elements = 0;
        long binaryBytes = 0;
        bool binary = false;
        foreach ((TensorInfo info, ReadOnlyMemory<byte> bytes, bool isBinary) in _outputs)
        {
            binary |= isBinary;
            binaryBytes += isBinary ? bytes.Length : 0;
            elements += isBinary ? 0 : bytes.Length;
            RequireFinite(info, bytes.Span, isBinary);
        }

        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = binary ? "application/octet-stream" : "application/json";
        if (!binary && elements > LongestBufferedElements)
        {
            await WriteJsonAsync(response.BodyWriter, response.BodyWriter, token).ConfigureAwait(false);
            return;
        }

        using var json = new SegmentedBuffer();
        await WriteJsonAsync(json, null, token).ConfigureAwait(false);
        response.ContentLength = json.Length + binaryBytes;
        if (binary)
        {
            response.Headers[InferenceHeaders.JsonLength] = json.Length.ToString(CultureInfo.InvariantCulture);
        }

        await json.CopyToAsync(response.BodyWriter, token).ConfigureAwait(false);
        foreach ((_, ReadOnlyMemory<byte> bytes, bool isBinary) in _outputs)
        {
            for (int start = 0; isBinary && start < bytes.Length; start += FlushBytes)
            {
                FlushResult flush = await response.BodyWriter.WriteAsync(bytes.Slice(start, Math.Min(FlushBytes, bytes.Length - start)), token).ConfigureAwait(false);
                if (flush.IsCompleted)
                {
                    return;
                }
            }
        }
    }

    private static void RequireFinite(TensorInfo info, ReadOnlySpan<byte> bytes, bool isBinary)
    {
        int place = isBinary ? -1 : JsonValues.FirstNotFinite(info.DataType, bytes);
        if (place >= 0)
        {
            throw new ServingException(
                ServingError.NotRepresentable,
                $"Output '{info.Name}' has a NaN or an infinity at place {place}, which JSON has no form for: ask for it with \"binary_data\": true.");
        }
    }

    private void Add(int index, bool binary) => _outputs.Add((_result.Outputs[index], _result.GetOutputBytes(index), binary));

    /// <summary>Writes the JSON; through a flushed writer, a long one is sent piece by piece.</summary>
    private async ValueTask WriteJsonAsync(IBufferWriter<byte> to, PipeWriter? flushed, CancellationToken token)
    {
        using var writer = new Utf8JsonWriter(to, JsonAnswer.Options);
        writer.WriteStartObject();
        if (_request.Id is not null)
        {
            writer.WriteString("id"u8, _request.Id);
        }

        writer.WriteString("model_name"u8, _model.Name);
        writer.WriteString("model_version"u8, _result.ModelVersion);
        writer.WriteStartArray("outputs"u8);
        foreach ((TensorInfo info, ReadOnlyMemory<byte> bytes, bool isBinary) in _outputs)
        {
            writer.WriteStartObject();
            JsonAnswer.WriteTensor(writer, info);
            if (isBinary)
            {
                writer.WriteStartObject("parameters"u8);
                writer.WriteNumber("binary_data_size"u8, bytes.Length);
                writer.WriteEndObject();
            }
            else
            {
                writer.WriteStartArray("data"u8);
                _ = Datatypes.TryGetBytes(info.DataType, out int size);
                for (int start = 0; start < bytes.Length; start += ElementsAtOnce * size)
                {
                    JsonValues.Write(writer, info.DataType, bytes.Span.Slice(start, Math.Min(ElementsAtOnce * size, bytes.Length - start)));
                    if (flushed is not null)
                    {
                        writer.Flush();
                        FlushResult flush = await flushed.FlushAsync(token).ConfigureAwait(false);
                        if (flush.IsCompleted)
                        {
                            return;
                        }
                    }
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
    }
}
