using System.Globalization;

namespace Pinion.Serving;

/// <summary>Text of a client's, as it is quoted back to it.</summary>
internal static class ClientText
{
    private const int Longest = 80;

    /// <summary>In quotes, and not longer than a line.</summary>
    public static string Quote(string text) => text.Length <= Longest
        ? $"'{text}'"
        : string.Create(CultureInfo.InvariantCulture, $"'{text.AsSpan(0, char.IsHighSurrogate(text[Longest - 1]) ? Longest - 1 : Longest)}...' ({text.Length} characters)");

    /// <summary>A message of .NET's without the name of a C# parameter.</summary>
    public static string WithoutParameter(string message)
    {
        int suffix = message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return suffix < 0 ? message : message[..suffix];
    }
}
