using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Pinion.Hosting;

namespace Pinion.Serving;

/// <summary>Reads an inference request from its body as it arrives: JSON through the parser, binary data straight into the request's memory.</summary>
internal sealed class InferRequestReader
{
    /// <summary>A token has to be in memory whole; none that means anything here is as long.</summary>
    private const int LongestToken = 65536;

    /// <summary>Memory to begin a tensor with, at most: more comes as its values do, not as its shape promises.</summary>
    private const long MostAtFirst = 1 << 20;

    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 32 };

    private readonly PipeReader _body;
    private readonly long? _bodyBytes;
    private readonly long _maxBytes;
    private readonly InferenceModel _model;
    private readonly RequestMemory _memory;

    /// <param name="body">The request's body.</param>
    /// <param name="bodyBytes">Its length, where the client has said it.</param>
    /// <param name="maxBytes">The most that a body may have, whatever it says of itself.</param>
    /// <param name="model">The model it is for.</param>
    /// <param name="memory">Where tensors go.</param>
    public InferRequestReader(PipeReader body, long? bodyBytes, long maxBytes, InferenceModel model, RequestMemory memory)
    {
        _body = body;
        _bodyBytes = bodyBytes;
        _maxBytes = maxBytes;
        _model = model;
        _memory = memory;
    }

    /// <summary>Reads all of it.</summary>
    /// <param name="jsonBytes">How much of the body is JSON; null: all; 0: none, the body being the one input's data.</param>
    /// <param name="token">Stops reading.</param>
    /// <exception cref="ServingException">The request is wrong.</exception>
    public async ValueTask<InferRequest> ReadAsync(long? jsonBytes, CancellationToken token)
    {
        var request = new InferRequest();
        try
        {
            RequireWithinLimit(jsonBytes ?? 0);
            if (jsonBytes == 0)
            {
                RawRequest.Describe(request, _bodyBytes, _model);
            }
            else
            {
                await ReadJsonAsync(request, jsonBytes, token).ConfigureAwait(false);
            }

            RequireLength(request, jsonBytes);
            foreach (InputTensor input in request.Inputs)
            {
                if (input.BinaryBytes is not null)
                {
                    input.Data = _memory.Rent(Math.Max(1, InputCheck.Bytes(input)));
                    await FillAsync(input, token).ConfigureAwait(false);
                }
            }

            await RequireEndAsync(token).ConfigureAwait(false);
            return request;
        }
        catch
        {
            request.Dispose();
            throw;
        }
    }

    private async ValueTask ReadJsonAsync(InferRequest request, long? jsonBytes, CancellationToken token)
    {
        // A value takes two bytes of text at least, and eight of memory at most.
        long likely = Math.Min(4 * Math.Min(jsonBytes ?? _bodyBytes ?? 0, _maxBytes), MostAtFirst);
        using var parser = new InferRequestParser(request, _model, _memory, (int)likely);
        var state = new JsonReaderState(Strict);
        long left = jsonBytes ?? long.MaxValue;
        bool isFinal = false;
        while (!isFinal)
        {
            ReadResult read = await _body.ReadAsync(token).ConfigureAwait(false);
            ReadOnlySequence<byte> json = read.Buffer.Length > left ? read.Buffer.Slice(0, left) : read.Buffer;
            isFinal = json.Length == left || read.IsCompleted;
            long consumed;
            try
            {
                consumed = Parse(parser, json, isFinal, ref state);
            }
            catch
            {
                // A read that is not ended would cost the client its connection.
                _body.AdvanceTo(json.End);
                throw;
            }

            left -= consumed;
            SequencePosition end = json.GetPosition(consumed);
            _body.AdvanceTo(end, isFinal ? end : json.End);
        }

        if (jsonBytes is not null && left != 0)
        {
            throw ServingException.Bad($"The body ends before the {jsonBytes} bytes of JSON that {InferenceHeaders.JsonLength} says.");
        }

        parser.Finish();
    }

    private static long Parse(InferRequestParser parser, ReadOnlySequence<byte> json, bool isFinal, ref JsonReaderState state)
    {
        var reader = new Utf8JsonReader(json, isFinal, state);
        try
        {
            while (reader.Read())
            {
                parser.Take(ref reader);
            }
        }
        catch (JsonException e)
        {
            // The reader's own words quote the text around; the place is enough.
            throw ServingException.Bad(
                $"The JSON is not valid at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}. (NaN and infinities are no JSON: send such tensors "
                + "as binary data.)", e);
        }

        catch (InvalidOperationException e)
        {
            // Comparing a name with half a surrogate pair in it.
            throw ServingException.Bad("A name in the JSON is no valid Unicode text.", e);
        }

        state = reader.CurrentState;
        return json.Length - reader.BytesConsumed <= LongestToken
            ? reader.BytesConsumed
            : throw ServingException.Bad($"A name, text or number in the JSON is longer than {LongestToken} bytes.");
    }

    /// <summary>Before anything is allocated for binary data: the body must be as long as the tensors say.</summary>
    private void RequireLength(InferRequest request, long? jsonBytes)
    {
        long binary = 0;
        foreach (InputTensor input in request.Inputs)
        {
            // Sizes were compared with the shapes: each fits 31 bits, and there are few.
            binary += input.BinaryBytes ?? 0;
        }

        RequireWithinLimit((jsonBytes ?? 0) + binary);

        if (binary > 0 && jsonBytes is null)
        {
            throw ServingException.Bad($"\"binary_data_size\" needs the header {InferenceHeaders.JsonLength}, which says where the JSON ends.");
        }

        if (_bodyBytes is { } body && jsonBytes is { } json && body - json != binary)
        {
            throw ServingException.Bad($"{body - json} bytes of binary data follow the JSON; the inputs have {binary}.");
        }
    }

    /// <summary>A body without a Content-Length is cut off at the limit only as it arrives; what it says of itself must not count before.</summary>
    private void RequireWithinLimit(long bytes)
    {
        if (bytes > _maxBytes)
        {
            throw ServingException.TooLarge(bytes, _maxBytes);
        }
    }

    private async ValueTask FillAsync(InputTensor input, CancellationToken token)
    {
        Memory<byte> rest = input.Data!.Memory[..InputCheck.Bytes(input)];
        while (rest.Length > 0)
        {
            ReadResult read = await _body.ReadAsync(token).ConfigureAwait(false);
            ReadOnlySequence<byte> part = read.Buffer.Length > rest.Length ? read.Buffer.Slice(0, rest.Length) : read.Buffer;
            part.CopyTo(rest.Span);
            rest = rest[(int)part.Length..];
            _body.AdvanceTo(part.End);
            if (read.IsCompleted && rest.Length > 0)
            {
                throw ServingException.Bad($"The body ends {rest.Length} bytes before the end of input {ClientText.Quote(input.Name!)}.");
            }
        }

        if (input.Info!.DataType == TensorDataType.Bool && input.Data.Span[..InputCheck.Bytes(input)].ContainsAnyExceptInRange((byte)0, (byte)1))
        {
            throw ServingException.Bad($"Input {ClientText.Quote(input.Name!)} is BOOL and has bytes other than 0 and 1.");
        }
    }

    private async ValueTask RequireEndAsync(CancellationToken token)
    {
        ReadResult read = await _body.ReadAsync(token).ConfigureAwait(false);
        bool more = !read.Buffer.IsEmpty;
        _body.AdvanceTo(read.Buffer.End);
        if (more)
        {
            throw ServingException.Bad("More bytes follow the inputs' binary data.");
        }
    }
}
