using System.Globalization;
using System.Text.RegularExpressions;

namespace Pinion.Differential.Tests;

/// <summary>Reads operators.txt, which describes itself.</summary>
internal static partial class OperatorTable
{
    private const int Smallest = 2;
    private const int Largest = 8;

    public static IReadOnlyList<Operator> Operators { get; } = Read(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Models", "operators.txt")));

    private static List<Operator> Read(IEnumerable<string> lines)
    {
        var operators = new List<Operator>();
        var examples = new List<Example>();
        foreach (string line in lines.Where(l => l.Length > 0 && l[0] != '#'))
        {
            try
            {
                if (line[0] == ' ')
                {
                    examples.Add(ReadExample(line));
                }
                else
                {
                    examples = [];
                    operators.Add(ReadOperator(line.Split(' '), examples));
                }
            }
            catch (Exception e)
            {
                throw new FormatException($"operators.txt: '{line}': {e.Message}", e);
            }
        }

        return operators;
    }

    private static Operator ReadOperator(string[] words, List<Example> examples) => new(
        words[0], [.. words[1].Split(',').Select(int.Parse)], words.Length > 2 ? Elements.Types[words[2]["T=".Length..]] : OnnxType.Float32, examples);

    private static Example ReadExample(string line)
    {
        string[] parts = line.Split(" |");
        string[] ends = parts[0].Split("->");
        var words = new Queue<string>(Words(ends[0]));
        string name = words.Dequeue();
        (int first, int last) = words.TryPeek(out string? range) && range[0] == '@' ? ReadOpsets(words.Dequeue()[1..]) : (Operator.FirstOpset, Operator.LastOpset);
        bool isValid = !(words.TryPeek(out string? mark) && mark == "!");
        if (!isValid)
        {
            words.Dequeue();
        }

        return new Example(
            name, first, last, isValid, [.. words.Select(ReadOperand)],
            [.. Words(ends[1]).Select(ReadResult)],
            parts.Length > 1 ? [.. AttributeForm().Matches(parts[1]).Select(m => ReadAttribute(m.Groups["name"].Value, m.Groups["value"].Value))] : []);
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static (int First, int Last) ReadOpsets(string range)
    {
        string[] ends = range.Split('-');
        return (ends[0].Length > 0 ? int.Parse(ends[0], null) : Operator.FirstOpset, ends[1].Length > 0 ? int.Parse(ends[1], null) : Operator.LastOpset);
    }

    private static OnnxType? ReadType(string word) => word == "T" ? null : Elements.Types[word];

    private static Operand? ReadOperand(string word)
    {
        if (word == "_")
        {
            return null;
        }

        Match match = OperandForm().Match(word);
        if (!match.Success)
        {
            throw new FormatException($"'{word}' is no input");
        }

        string given = match.Groups["given"].Value;
        return new Operand(
            ReadType(match.Groups["type"].Value),
            match.Groups["any"].Success ? null : [.. Items(match.Groups["shape"].Value).Select(ReadAxis)],
            given.Length > 0,
            given.Length > 0 && given[0] == '=' ? [.. Items(given[1..]).Select(ReadNumber)] : null);
    }

    private static Result ReadResult(string word) =>
        word == "_" ? new Result(null, null, IsNamed: false)
        : word.Split('[', ']') is [string type, string shape, ""] ? new Result(ReadType(type), [.. Items(shape).Select(s => s == "?" ? Axis.Unsaid : ReadAxis(s))])
        : new Result(ReadType(word), null);

    private static string[] Items(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static double ReadNumber(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static Axis ReadAxis(string text)
    {
        Match match = AxisForm().Match(text);
        return !match.Success ? new Axis(long.Parse(text, CultureInfo.InvariantCulture))
            : match.Groups["from"].Value is { Length: > 0 } from
                ? new Axis(long.Parse(from, null), match.Groups["name"].Value, long.Parse(match.Groups["to"].Value, null))
            : new Axis(Smallest, text, Largest);
    }

    private static AttributeProto ReadAttribute(string name, string value)
    {
        if (TensorForm().Match(value) is { Success: true } tensor)
        {
            return new AttributeProto
            {
                Name = name,
                Type = AttributeProto.Types.AttributeType.Tensor,
                T = Elements.Constant(
                    "", Elements.Types[tensor.Groups["type"].Value], [.. Items(tensor.Groups["shape"].Value).Select(long.Parse)], [.. Items(tensor.Groups["values"].Value).Select(ReadNumber)]),
            };
        }

        bool isText = value[0] == '\'';
        bool isFloat = !isText && value.Contains('.');
        string[] items = isText ? [.. TextForm().Matches(value).Select(m => m.Groups[1].Value)] : Items(value);
        bool isList = isText ? items.Length > 1 || value[^1] == ',' : value.Contains(',');
        if (!isList)
        {
            return isText ? OnnxAttributes.Text(name, items[0])
                : isFloat ? OnnxAttributes.Float(name, (float)ReadNumber(value))
                : OnnxAttributes.Int(name, long.Parse(value, CultureInfo.InvariantCulture));
        }

        return isText ? new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Strings, Strings = { items.Select(Google.Protobuf.ByteString.CopyFromUtf8) } }
            : isFloat ? new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Floats, Floats = { items.Select(i => (float)ReadNumber(i)) } }
            : OnnxAttributes.Ints(name, [.. items.Select(i => long.Parse(i, CultureInfo.InvariantCulture))]);
    }

    [GeneratedRegex(@"^(?<type>\w+?)(?:\[(?<shape>[\w.,]*)\]|(?<any>\?))(?<given>!|=.*)?$")]
    private static partial Regex OperandForm();

    [GeneratedRegex(@"^(?<name>[A-Z])(?:(?<from>\d+)\.\.(?<to>\d+))?$")]
    private static partial Regex AxisForm();

    [GeneratedRegex(@"(?<name>\w+)=(?<value>'[^']*'(?:,(?:'[^']*')?)*|\S+)")]
    private static partial Regex AttributeForm();

    [GeneratedRegex(@"^(?<type>\w+)\[(?<shape>[\d,]*)\]:(?<values>\S*)$")]
    private static partial Regex TensorForm();

    [GeneratedRegex("'([^']*)'")]
    private static partial Regex TextForm();
}
