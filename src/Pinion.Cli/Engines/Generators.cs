namespace Pinion.Cli;

/// <summary>What has made a file: the version, and of a development build which one, by the identity that the compiler gives to each library.</summary>
internal static class Generators
{
    public static string Of(params Type[] types)
    {
        try
        {
            return $"{VersionConstant.Text} ({string.Join(", ", types.Select(t => t.Module.ModuleVersionId.ToString("N")[..8]))})";
        }
        catch (InvalidOperationException)
        {
            // Compiled ahead of time into one native program.
            return VersionConstant.Text;
        }
    }
}
