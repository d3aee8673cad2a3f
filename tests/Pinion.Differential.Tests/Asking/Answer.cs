using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Pinion.Differential.Tests;

/// <summary>How far a model came.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
internal enum Verdict
{
    Accepted,
    Parse,
    Build,
    Crashed,
    TimedOut,
}

/// <summary>What one SDK said of a model.</summary>
/// <param name="Verdict">How far it came.</param>
/// <param name="Message">Why it was refused; empty if it was not.</param>
/// <param name="Inputs">The network's, in order: name, type and shape of each.</param>
/// <param name="Outputs">The network's, in order.</param>
internal sealed partial record Answer(Verdict Verdict, string Message, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs)
{
    public static Answer Without(Verdict verdict, string message) => new(verdict, message, [], []);

    /// <summary>The node that a parser blames: its number, name and operator; empty where the message names none.</summary>
    [JsonIgnore]
    public string Node => NodeForm().Match(Message) is { Success: true } match ? $"{match.Groups["index"]} '{match.Groups["name"]}' {match.Groups["operator"]}" : "";

    public string ToJson() => JsonSerializer.Serialize(this);

    public static Answer FromJson(string json) => JsonSerializer.Deserialize<Answer>(json)!;

    [GeneratedRegex(@"node (?<index>-?\d+)(?: '(?<name>[^']*)')? \((?<operator>[^)]*)\): ")]
    private static partial Regex NodeForm();
}
