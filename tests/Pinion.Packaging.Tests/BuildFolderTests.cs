using Pinion.Build;

namespace Pinion.Packaging.Tests;

/// <summary>A checkout that was copied or moved, as the build meets it.</summary>
public sealed class BuildFolderTests
{
    [Test]
    public void A_folder_made_elsewhere_is_made_afresh()
    {
        using var workspace = new Workspace();
        workspace.Write("CMakeCache.txt", "# a comment\nCMAKE_CACHEFILE_DIR:INTERNAL=/elsewhere/build\n");
        BuildFolder.ForgetIfMoved(workspace.Folder);
        Assert.That(workspace.Folder, Does.Not.Exist);
        Directory.CreateDirectory(workspace.Folder);
    }

    [Test]
    public void A_folder_made_here_stays()
    {
        using var workspace = new Workspace();
        workspace.Write("CMakeCache.txt", $"CMAKE_CACHEFILE_DIR:INTERNAL={workspace.Folder}/\n");
        BuildFolder.ForgetIfMoved(workspace.Folder);
        Assert.That(Path.Combine(workspace.Folder, "CMakeCache.txt"), Does.Exist);
    }

    [Test]
    public void A_folder_reached_by_a_link_stays()
    {
        using var workspace = new Workspace();
        string folder = Directory.CreateDirectory(Path.Combine(workspace.Folder, "real", "build")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(workspace.Folder, "link"), Path.Combine(workspace.Folder, "real"));
        File.WriteAllText(Path.Combine(folder, "CMakeCache.txt"), $"CMAKE_CACHEFILE_DIR:INTERNAL={folder}\n");
        BuildFolder.ForgetIfMoved(Path.Combine(workspace.Folder, "link", "build"));
        Assert.That(folder, Does.Exist);
    }

    [Test]
    public void A_folder_without_a_cache_stays()
    {
        using var workspace = new Workspace();
        BuildFolder.ForgetIfMoved(workspace.Folder);
        BuildFolder.ForgetIfMoved(Path.Combine(workspace.Folder, "none"));
        Assert.That(workspace.Folder, Does.Exist);
    }
}
