namespace Pinion.Cli;

/// <summary>Reads shapes from options in trtexec's grammar: <c>x:1x3x224x224,'Input:0':1x10</c>.</summary>
internal static class ShapeText
{
    /// <summary>Reads a comma-separated list; <paramref name="option"/> is named in errors.</summary>
    public static List<(string? Name, TensorShape Shape)> ParseList(string text, string option) => ShapeGrammar.ParseList(text, Refusal(option));

    /// <summary>Splits <c>name:rest</c> at the last colon, or after a quoted name; the name is null where there is no colon.</summary>
    public static (string? Name, string Value) SplitName(string entry, string option) => ShapeGrammar.SplitName(entry, Refusal(option));

    private static Func<string, Exception> Refusal(string option) => rest => new UsageException(option + rest);
}
