using System.Globalization;

namespace Pinion.Cli;

/// <summary>Reads memory sizes: a number with B, K, M or G (powers of 1024); MiB where there is none, as in trtexec.</summary>
internal static class SizeText
{
    public static long ParseBytes(string text, string option)
    {
        string number = text.Trim();
        foreach (string suffix in (ReadOnlySpan<string>)["iB", "ib"])
        {
            number = number.EndsWith(suffix, StringComparison.Ordinal) ? number[..^2] : number;
        }

        double unit = number.Length == 0 ? 0 : char.ToUpperInvariant(number[^1]) switch
        {
            'B' => 1,
            'K' => 1L << 10,
            'M' => 1L << 20,
            'G' => 1L << 30,
            _ => 0,
        };
        string digits = unit == 0 ? number : number[..^1];
        if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
        {
            throw new UsageException($"{option} '{text}' is no size; write a number with B, K, M or G, such as 512M (without a letter it is MiB).");
        }

        double bytes = Math.Floor(value * (unit == 0 ? 1L << 20 : unit));
        return bytes is >= 1 and < 9e18 ? (long)bytes : throw new UsageException($"{option} '{text}' is out of range; 1B to 8 EiB is possible.");
    }
}
