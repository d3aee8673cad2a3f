namespace Pinion.Bindings.Tests;

/// <summary>Outside the build scripts, an IDE for example, the libraries are where the scripts leave them.</summary>
[SetUpFixture]
internal sealed class NativeEnvironment
{
    [OneTimeSetUp]
    public void FindNativeLibraries()
    {
        string built = Repository.PathOf("artifacts", "native", "lib");
        if (Environment.GetEnvironmentVariable(NativeLoadOptions.FolderVariable) is null && Directory.Exists(built))
        {
            Environment.SetEnvironmentVariable(NativeLoadOptions.FolderVariable, built);
        }
    }
}
