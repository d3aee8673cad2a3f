using System.Text.Json;
using Pinion.Hosting;

namespace Pinion.Serving;

/// <summary>The "parameters" of a request, of an input or of an output; those that have no meaning here are passed over.</summary>
internal sealed class RequestParameters
{
    /// <summary>What asks for an answer that this server does not give: to pass it over would answer something else.</summary>
    private static readonly string[] Refused =
        ["classification", "shared_memory_region", "shared_memory_offset", "shared_memory_byte_size", "sequence_id"];

    private Level _level;
    private string _name = "";
    private ulong? _priority;
    private ulong? _timeoutMicroseconds;
    private bool? _binaryOutputs;

    /// <summary>Whose parameters they are.</summary>
    public enum Level
    {
        /// <summary>The request's.</summary>
        Request,

        /// <summary>An input's.</summary>
        Input,

        /// <summary>An output's.</summary>
        Output,
    }

    /// <summary>"binary_data_output" of the request.</summary>
    public bool BinaryOutputs => _binaryOutputs ?? false;

    /// <summary>"binary_data_size" of the latest input.</summary>
    public long? BinaryBytes { get; private set; }

    /// <summary>"binary_data" of the latest output.</summary>
    public bool? BinaryData { get; private set; }

    /// <summary>Begins those of a request, an input or an output.</summary>
    public void Begin(Level level)
    {
        _level = level;
        BinaryBytes = null;
        BinaryData = null;
    }

    public void Name(ref Utf8JsonReader reader)
    {
        _name = (_level switch
        {
            Level.Request when reader.ValueTextEquals("priority"u8) => "priority",
            Level.Request when reader.ValueTextEquals("timeout"u8) => "timeout",
            Level.Request when reader.ValueTextEquals("binary_data_output"u8) => "binary_data_output",
            Level.Input when reader.ValueTextEquals("binary_data_size"u8) => "binary_data_size",
            Level.Output when reader.ValueTextEquals("binary_data"u8) => "binary_data",
            _ => null,
        }) ?? Unknown(ref reader);
        if (IsGiven())
        {
            throw ServingException.Bad($"The parameter \"{_name}\" is given twice in the same object; give it once.");
        }
    }

    public void Value(ref Utf8JsonReader reader)
    {
        switch (_name)
        {
            case "priority":
                _priority = Whole(ref reader);
                break;
            case "timeout":
                _timeoutMicroseconds = Whole(ref reader);
                break;
            case "binary_data_output":
                _binaryOutputs = Flag(ref reader);
                break;
            case "binary_data_size":
                BinaryBytes = (long)Math.Min(Whole(ref reader), long.MaxValue);
                break;
            case "binary_data":
                BinaryData = Flag(ref reader);
                break;
        }
    }

    /// <summary>A priority of 1 goes first, 0 (none given) and 2 are the usual, more goes last. A timeout of 0 is none.</summary>
    public RequestOptions ToOptions() => new()
    {
        Priority = _priority switch
        {
            1 => RequestPriority.High,
            null or 0 or 2 => RequestPriority.Normal,
            _ => RequestPriority.Low,
        },
        Deadline = _timeoutMicroseconds is null or 0 or > long.MaxValue / TimeSpan.TicksPerMicrosecond
            ? null
            : TimeSpan.FromMicroseconds(_timeoutMicroseconds.Value),
    };

    private bool IsGiven() => _name switch
    {
        "priority" => _priority is not null,
        "timeout" => _timeoutMicroseconds is not null,
        "binary_data_output" => _binaryOutputs is not null,
        "binary_data_size" => BinaryBytes is not null,
        "binary_data" => BinaryData is not null,
        _ => false,
    };

    private static string Unknown(ref Utf8JsonReader reader)
    {
        foreach (string name in Refused)
        {
            if (reader.ValueTextEquals(name))
            {
                throw ServingException.Bad($"The parameter \"{name}\" asks for something that this server does not do; leave it out.");
            }
        }

        return "";
    }

    private ulong Whole(ref Utf8JsonReader reader)
    {
        ulong value = 0;
        bool isWhole = reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out value);
        return isWhole ? value : throw ServingException.Bad($"The parameter \"{_name}\" must be a whole number, 0 or more.");
    }

    private bool Flag(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw ServingException.Bad($"The parameter \"{_name}\" must be true or false."),
    };
}
