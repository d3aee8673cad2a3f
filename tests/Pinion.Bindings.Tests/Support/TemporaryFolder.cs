namespace Pinion.Bindings.Tests;

internal sealed class TemporaryFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("pinion-bindings-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
