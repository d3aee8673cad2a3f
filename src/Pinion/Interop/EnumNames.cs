namespace Pinion;

/// <summary>The names that files, JSON, options and messages use for values of an enum: the members' in lower case.</summary>
internal static class EnumNames
{
    internal static string Of<T>(T value)
        where T : struct, Enum =>
        value.ToString().ToLowerInvariant();

    /// <summary>Reads a name; null where it names nothing.</summary>
    internal static T? Parse<T>(string? name)
        where T : struct, Enum =>
        Enum.GetValues<T>().Cast<T?>().FirstOrDefault(value => Of(value!.Value) == name);
}
