namespace Pinion;

/// <summary>The names that files, JSON, options and messages use for values of an enum.</summary>
public static class EnumNames
{
    /// <summary><c>nvidia</c>, <c>cuda</c> or <c>host</c>, as PINION_SDK takes it.</summary>
    public static string GetName(this Sdk sdk) => sdk.ToString().ToLowerInvariant();

    /// <summary><c>fp32</c> or <c>fp16</c>.</summary>
    public static string GetName(this Precision precision) => precision.ToString().ToLowerInvariant();

    /// <summary>Reads a name as GetName gives it; null where it names nothing.</summary>
    internal static T? Parse<T>(string? name)
        where T : struct, Enum =>
        Enum.GetValues<T>().Cast<T?>().FirstOrDefault(value => value.ToString()!.Equals(name, StringComparison.OrdinalIgnoreCase));
}
