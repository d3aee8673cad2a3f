namespace Pinion.Fp16;

/// <summary>A temporary folder for models and outputs, deleted on disposal.</summary>
internal sealed class WorkFolder : IDisposable
{
    private WorkFolder(string path) => Path = path;

    public string Path { get; }

    // The name is one of a build's, which are cleared away where a process was ended by force.
    public static WorkFolder Create() => new(Directory.CreateTempSubdirectory($"pinion-{Environment.ProcessId}-").FullName);

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
