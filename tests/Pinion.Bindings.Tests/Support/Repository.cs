namespace Pinion.Bindings.Tests;

internal static class Repository
{
    internal static string Root { get; } = FindRoot();

    internal static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Pinion.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Pinion.slnx above {AppContext.BaseDirectory}.");
    }
}
