using System.Globalization;
using Pinion.Zoo;

namespace Pinion.Cli;

/// <summary>Counts of an ONNX graph in words.</summary>
internal static class CountText
{
    private const int NamedNodes = 5;

    /// <param name="terminal">Where to.</param>
    /// <param name="c">The counts.</param>
    /// <param name="inputs">The model's own, for what is to be given where not all is counted.</param>
    public static void Show(Terminal terminal, CountFacts c, IReadOnlyList<TensorFacts> inputs)
    {
        terminal.Say($"opset {c.Opset}, IR version {c.IrVersion}{(c.Producer.Length > 0 ? $", written by {c.Producer}" : "")}");
        // What images and classes are is said in words by whoever shows the model.
        foreach ((string key, string value) in c.Metadata.Where(m => m.Key is not (ZooMetadata.Preprocessing or ZooMetadata.Labels)))
        {
            terminal.Say($"{key}: {value}");
        }

        terminal.Say($"parameters: {Number(c.Parameters)}{(c.Statistics > 0 ? $", and {Number(c.Statistics)} statistics of batch norms" : "")}, in {Number(c.Tensors)} tensors");
        terminal.Say($"multiply-accumulates: {(c.Uncounted.Count > 0 ? "at least " : "")}{Macs(c.Macs)}");
        if (c.Uncounted.Count > 0)
        {
            string nodes = string.Join("; ", c.Uncounted.Take(NamedNodes).Select(u => $"{u.Operator} {u.Node}: {u.Reason}"));
            terminal.Say($"{Counted.Of(c.Uncounted.Count, "node")} {(c.Uncounted.Count == 1 ? "is" : "are")} not counted ({nodes}{(c.Uncounted.Count > NamedNodes ? "; ..." : "")})");
            // The first dimension is the batch, which is counted as 1.
            TensorFacts[] open = [.. inputs.Where(i => i.Shape.Skip(1).Any(d => d < 0))];
            if (open.Length > 0)
            {
                string missing = string.Join(", ", open.Select(i => $"{i.Name} {i.Shape}"));
                string example = string.Join(',', open.Select(i => $"{i.Name}:{string.Join('x', i.Shape.Select((d, axis) => d >= 0 ? $"{d}" : axis == 0 ? "1" : "N"))}"));
                terminal.Say($"what is missing are sizes of {missing}: --shapes {example} with numbers for N counts all for these");
            }
        }

        terminal.Say("operators: " + string.Join(", ", c.Operators.OrderByDescending(o => o.Value).ThenBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Value} {o.Key}")));
    }

    /// <summary>Total and kinds, to the unit.</summary>
    public static string Macs(MacFacts m) =>
        $"{Number(m.Total)} (convolutions {Number(m.Conv)}, linear {Number(m.Linear)}, attention {Number(m.Attention)})";

    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
