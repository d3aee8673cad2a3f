using System.Collections.Frozen;
using System.Globalization;

namespace Pinion.Onnx;

/// <summary>Which types the inputs and outputs of ONNX's own operators have, as far as FP16 and FP32 are concerned.</summary>
internal sealed partial class OperatorTypes
{
    private static readonly FrozenDictionary<string, (int Opset, OperatorTypes Types)[]> All = Read();

    private readonly string[] _inputs;
    private readonly string[] _outputs;
    private readonly string[] _neverHalf;

    private OperatorTypes(string[] inputs, string[] outputs, string[] neverHalf) => (_inputs, _outputs, _neverHalf) = (inputs, outputs, neverHalf);

    /// <summary>The newest opset that the table knows.</summary>
    public const int LastOpset = 22;

    /// <summary>Null for an operator that ONNX has not, or not yet at that opset.</summary>
    public static OperatorTypes? Find(string operation, long opset)
    {
        OperatorTypes? found = null;
        foreach ((int since, OperatorTypes types) in All.GetValueOrDefault(operation, []))
        {
            found = since <= opset ? types : found;
        }

        return found;
    }

    /// <summary>A type or a variable; null beyond the last input.</summary>
    public string? Input(int index) => At(_inputs, index);

    /// <summary>A type or a variable; null beyond the last output.</summary>
    public string? Output(int index) => At(_outputs, index);

    /// <summary>Whether what stands for a type may stand for FP16.</summary>
    public bool TakesHalf(string? word) => word is not null && FixedType(word) is null && !_neverHalf.Contains(word);

    /// <summary>The type that a word always is; null for a variable.</summary>
    public static OnnxType? FixedType(string word) => word switch
    {
        "f32" => OnnxType.Float32,
        "f16" => OnnxType.Float16,
        "f64" => OnnxType.Float64,
        "i64" => OnnxType.Int64,
        "i32" => OnnxType.Int32,
        "u8" => OnnxType.UInt8,
        "i8" => OnnxType.Int8,
        "bool" => OnnxType.Bool,
        "str" => OnnxType.String,
        _ => null,
    };

    private static string? At(string[] words, int index) =>
        index < words.Length ? words[index].TrimEnd('*') : words is [.., var last] && last.EndsWith('*') ? last[..^1] : null;

    private static FrozenDictionary<string, (int Opset, OperatorTypes Types)[]> Read() => Table.Split('\n')
        .Select(line =>
        {
            string[] parts = line.Split(':', '>', ';');
            string[] head = parts[0].Split(' ');
            return (Name: head[0], Opset: int.Parse(head[1], CultureInfo.InvariantCulture), Types: new OperatorTypes(Words(parts[1]), Words(parts[2]), parts.Length > 3 ? Words(parts[3]) : []));
        })
        .GroupBy(o => o.Name, StringComparer.Ordinal)
        .ToFrozenDictionary(g => g.Key, g => g.Select(o => (o.Opset, o.Types)).ToArray(), StringComparer.Ordinal);

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
