using System.Globalization;

namespace Pinion.Triton;

/// <summary>
/// Takes a message's fields by name and type. A wrong value is a problem and then as if it were not there; what nobody has
/// asked for by <see cref="Finish"/> is a warning.
/// </summary>
internal sealed class FieldReader
{
    private readonly Dictionary<string, List<TextField>> _fields = new(StringComparer.Ordinal);
    private readonly string _path;
    private readonly ConfigLog _log;

    public FieldReader(TextMessage message, string path, ConfigLog log)
    {
        Position = message.Position;
        _path = path;
        _log = log;
        foreach (TextField field in message.Fields)
        {
            if (!_fields.TryGetValue(field.Name, out List<TextField>? values))
            {
                _fields.Add(field.Name, values = []);
            }

            values.Add(field);
        }
    }

    public TextPosition Position { get; }

    /// <summary>Where a field was given last, or the message itself.</summary>
    public TextPosition PositionOf(string name) => _fields.TryGetValue(name, out List<TextField>? values) ? values[^1].Position : Position;

    public bool Has(string name) => _fields.ContainsKey(name);

    public string? Text(string name) => Single(name) is { } field ? TextOf(field) : null;

    public IReadOnlyList<string> Texts(string name) => [.. Take(name).Select(TextOf).OfType<string>()];

    public long? Integer(string name, long min, long max) => Single(name) is { } field ? IntegerOf(field, min, max) : null;

    public IReadOnlyList<long> Integers(string name, long min, long max) => [.. Take(name).Select(f => IntegerOf(f, min, max)).OfType<long>()];

    public bool? Bool(string name) => Single(name) is { } field ? BoolOf(field) : null;

    /// <summary>An enum's value by its name or number.</summary>
    public string? Word(string name, params ReadOnlySpan<string> names)
    {
        if (Single(name) is not { } field)
        {
            return null;
        }

        if (field.Value is TextWord { Negative: false } word && names.Contains(word.Word))
        {
            return word.Word;
        }

        if (field.Value is TextNumber { Negative: false } number && TextNumbers.TryInteger(number.Literal, out ulong index) && index < (ulong)names.Length)
        {
            return names[(int)index];
        }

        Wrong(field, $"one of {string.Join(", ", names)}");
        return null;
    }

    public FieldReader? Message(string name) => Single(name) is { } field ? MessageOf(field, Path(name)) : null;

    public IReadOnlyList<FieldReader> Messages(string name)
    {
        var messages = new List<FieldReader>();
        foreach (TextField field in Take(name))
        {
            if (MessageOf(field, $"{Path(name)}[{messages.Count}]") is { } message)
            {
                messages.Add(message);
            }
        }

        return messages;
    }

    /// <summary>A map's entries, each a message with a key and a value; <paramref name="read"/> takes the value out of its entry.</summary>
    public Dictionary<string, T> Map<T>(string name, Func<FieldReader, string, T?> read)
        where T : class
    {
        var map = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (FieldReader entry in Messages(name))
        {
            string? key = entry.Text("key");
            if (key is null)
            {
                _log.Problem(entry.Position, $"an entry of {Path(name)} has no key.");
            }

            if (read(entry, $"{Path(name)}['{key}']") is { } value && key is not null && !map.TryAdd(key, value))
            {
                _log.Problem(entry.Position, $"{Path(name)} has the key '{key}' twice.");
            }

            entry.Finish();
        }

        return map;
    }

    /// <summary>The message in a map's entry.</summary>
    public FieldReader? Value(string path) => Single("value") is { } field ? MessageOf(field, path) : null;

    /// <summary>Takes fields without a word: they change nothing here.</summary>
    public void Skip(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            _fields.Remove(name);
        }
    }

    /// <summary>Takes a field that Triton heeds and Pinion does not.</summary>
    public void Ignore(string name, string consequence)
    {
        if (Take(name) is [{ } field, ..])
        {
            _log.Warn(field.Position, $"{Path(name)} is not used: {consequence}.");
        }
    }

    /// <summary>Takes a field with which the answers would be others.</summary>
    public void Refuse(string name, string reason)
    {
        if (Take(name) is [{ } field, ..])
        {
            _log.Problem(field.Position, $"{Path(name)} cannot be served: {reason}.");
        }
    }

    /// <summary>Warns of all that has not been asked for.</summary>
    public void Finish()
    {
        foreach ((string name, List<TextField> values) in _fields)
        {
            _log.Warn(values[0].Position, $"{Path(name)} is not a field that Pinion reads; it is ignored.");
        }

        _fields.Clear();
    }

    private string Path(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    private List<TextField> Take(string name) => _fields.Remove(name, out List<TextField>? values) ? values : [];

    private TextField? Single(string name)
    {
        List<TextField> values = Take(name);
        if (values.Count > 1)
        {
            _log.Problem(values[1].Position, $"{Path(name)} is given {values.Count} times; once is right.");
        }

        return values.FirstOrDefault();
    }

    private string? TextOf(TextField field)
    {
        if (field.Value is TextString text)
        {
            return text.Value;
        }

        Wrong(field, "a string in quotes");
        return null;
    }

    private long? IntegerOf(TextField field, long min, long max)
    {
        if (field.Value is TextNumber number && TextNumbers.TryInteger(number.Literal, out ulong magnitude) && magnitude <= long.MaxValue)
        {
            long value = number.Negative ? -(long)magnitude : (long)magnitude;
            if (value >= min && value <= max)
            {
                return value;
            }
        }

        Wrong(field, string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));
        return null;
    }

    private bool? BoolOf(TextField field)
    {
        switch (field.Value)
        {
            case TextWord { Negative: false, Word: "true" or "True" or "t" }:
                return true;
            case TextWord { Negative: false, Word: "false" or "False" or "f" }:
                return false;
            case TextNumber { Negative: false } number when TextNumbers.TryInteger(number.Literal, out ulong value) && value <= 1:
                return value == 1;
            default:
                Wrong(field, "true or false");
                return null;
        }
    }

    private FieldReader? MessageOf(TextField field, string path)
    {
        if (field.Value is TextMessage message)
        {
            return new FieldReader(message, path, _log);
        }

        Wrong(field, "a message in braces");
        return null;
    }

    private void Wrong(TextField field, string needed)
    {
        string given = field.Value switch
        {
            TextString text => text.Value.Length <= 40 ? $"\"{text.Value}\"" : $"\"{text.Value[..40]}...\"",
            TextNumber number => (number.Negative ? "-" : "") + number.Literal,
            TextWord word => (word.Negative ? "-" : "") + word.Word,
            _ => "a message",
        };
        _log.Problem(field.Position, $"{Path(field.Name)} is {given}; it must be {needed}.");
    }
}
