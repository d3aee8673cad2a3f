namespace Pinion.Benchmarks;

/// <summary>What ./build.sh bench tells by environment variables.</summary>
internal static class Settings
{
    public static string Require(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
        ? value
        : throw new InvalidOperationException($"{variable} is not set; ./build.sh bench sets all that the benchmarks need.");
}
