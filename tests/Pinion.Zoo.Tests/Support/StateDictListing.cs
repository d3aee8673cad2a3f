using System.Text.RegularExpressions;
using NUnit.Framework;

namespace Pinion.Zoo.Tests;

/// <summary>Data/state-dicts.txt: names and shapes of whole state dicts, in the shorthand that its head explains.</summary>
internal static partial class StateDictListing
{
    public static Dictionary<string, int[]> Read(string network, out long elements)
    {
        string[] lines = File.ReadAllLines(Path.Combine(TestContext.CurrentContext.TestDirectory, "Data", "state-dicts.txt"));
        int start = Array.FindIndex(lines, l => l.StartsWith($"network {network} ", StringComparison.Ordinal));
        string[] header = lines[start].Split(' ');
        elements = long.Parse(header[3], System.Globalization.CultureInfo.InvariantCulture);
        var tensors = new Dictionary<string, int[]>();
        foreach (string line in lines.Skip(start + 1).TakeWhile(l => l.Length > 0))
        {
            int gap = line.IndexOf(line.StartsWith('(') ? ')' : ' ', StringComparison.Ordinal) + 1;
            string scope = line[..gap].Trim();
            foreach (string prefix in Expand(scope == "(top level)" ? "" : scope))
            {
                foreach (string layer in line[gap..].Split(" | "))
                {
                    Add(tensors, prefix, layer.Trim());
                }
            }
        }

        Assert.That(tensors, Has.Count.EqualTo(int.Parse(header[2], System.Globalization.CultureInfo.InvariantCulture)), "the listing itself");
        return tensors;
    }

    private static IEnumerable<string> Expand(string scope)
    {
        int open = scope.IndexOf('{', StringComparison.Ordinal);
        int close = scope.IndexOf('}', StringComparison.Ordinal);
        return open < 0 ? [scope] : scope[(open + 1)..close].Split(',').Select(i => $"{scope[..open]}{i}{scope[(close + 1)..]}");
    }

    private static void Add(Dictionary<string, int[]> tensors, string prefix, string layer)
    {
        string name = prefix + layer.Split(' ')[0];
        foreach (Match part in Part().Matches(layer[layer.IndexOf(' ', StringComparison.Ordinal)..]))
        {
            int[] shape = [.. part.Groups["shape"].Value.Split(',').Select(d => int.Parse(d, System.Globalization.CultureInfo.InvariantCulture))];
            switch (part.Groups["kind"].Value)
            {
                case "conv":
                    tensors.Add($"{name}._conv.weight", shape);
                    break;
                case "BN":
                    string norm = name == "conv5_x_x_bn" ? name : $"{name}._batch_norm";
                    foreach (string tensor in new[] { "weight", "bias", "_mean", "_variance" })
                    {
                        tensors.Add($"{norm}.{tensor}", shape);
                    }

                    break;
                case "LN":
                    tensors.Add($"{name}.weight", shape);
                    tensors.Add($"{name}.bias", shape);
                    break;
                default:
                    bool itself = name is "cls_token" or "patch_pos" or "pixel_pos";
                    tensors.Add(itself ? name : $"{name}.weight", shape);
                    if (part.Groups["bias"].Success)
                    {
                        // A convolution's first dimension is its outputs, a linear layer's last.
                        tensors.Add($"{name}.bias", [shape.Length == 4 ? shape[0] : shape[1]]);
                    }

                    break;
            }
        }
    }

    [GeneratedRegex(@"(?<kind>conv|BN|LN)?\[(?<shape>[\d,]+)\](?<bias> \+b)?")]
    private static partial Regex Part();
}
