using System.Globalization;

namespace Pinion.Cli;

/// <summary>Counts of an ONNX graph in words.</summary>
internal static class CountText
{
    private const int NamedNodes = 5;

    public static void Show(Terminal terminal, CountFacts c)
    {
        terminal.Say($"opset {c.Opset}, IR version {c.IrVersion}{(c.Producer.Length > 0 ? $", written by {c.Producer}" : "")}");
        foreach ((string key, string value) in c.Metadata)
        {
            terminal.Say($"{key}: {value}");
        }

        terminal.Say($"parameters: {Number(c.Parameters)}{(c.Statistics > 0 ? $", and {Number(c.Statistics)} statistics of batch norms" : "")}, in {Number(c.Tensors)} tensors");
        terminal.Say($"multiply-accumulates: {(c.Uncounted.Count > 0 ? "at least " : "")}{Macs(c.Macs)}");
        if (c.Uncounted.Count > 0)
        {
            string nodes = string.Join("; ", c.Uncounted.Take(NamedNodes).Select(u => $"{u.Operator} {u.Node}: {u.Reason}"));
            terminal.Say($"{Number(c.Uncounted.Count)} nodes are not counted ({nodes}{(c.Uncounted.Count > NamedNodes ? "; ..." : "")}); --shapes gives the inputs' shapes");
        }

        terminal.Say("operators: " + string.Join(", ", c.Operators.OrderByDescending(o => o.Value).ThenBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Value} {o.Key}")));
    }

    /// <summary>Total and kinds, to the unit.</summary>
    public static string Macs(MacFacts m) =>
        $"{Number(m.Total)} (convolutions {Number(m.Conv)}, linear {Number(m.Linear)}, attention {Number(m.Attention)})";

    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
