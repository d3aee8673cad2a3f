namespace Pinion;

/// <summary>What goes with a precision.</summary>
public static class PrecisionExtensions
{
    /// <summary><c>fp32</c> or <c>fp16</c>.</summary>
    public static string GetName(this Precision precision) => EnumNames.Of(precision);
}
