namespace Pinion;

#pragma warning disable CA2208 // The parameter named is that of the method which throws.

/// <summary>What is wrong with a cache's folder or with a request to it.</summary>
internal static class CacheErrors
{
    internal static ArgumentException IsolationInProcess() =>
        new($"{nameof(EngineCacheOptions.Isolation)} is of a process of its own, and {nameof(EngineCacheOptions.InProcess)} builds in this one: leave one of them out.", nameof(EngineCacheOptions.Isolation));

    internal static ArgumentException RepeatedIngredient(string name, string parameter) => new($"The ingredient '{name}' is given twice.", parameter);

    internal static ArgumentOutOfRangeException NoSuchDevice(int device, int count) =>
        new(nameof(EngineBuildOptions.Device), device, $"There is no device {device}: this machine has {count}, numbered from 0.");

    internal static InvalidOperationException DeviceOfAnotherSdk(Sdk asked, Sdk loaded) =>
        new($"A plan of SDK {asked.GetName()} depends on the device, which only that SDK knows, and {loaded.GetName()} is in use: call PinionRuntime.Use(Sdk.{asked}) first, or set PINION_SDK={asked.GetName()}.");

    internal static FileNotFoundException NoModel(string path) =>
        new(Directory.Exists(path) ? $"{path} is a folder; give a file." : $"{path} does not exist.", path);

    internal static IOException CannotRead(string path, Exception e) => new($"{path} cannot be read: {AtomicFile.Reason(e)}.", e);

    internal static IOException ChangedMeanwhile(string model, IEnumerable<CacheChange> changes) =>
        new($"While the engine of {model} was built, this changed: {string.Join("; ", changes)}. The engine may be of either, and is not kept: build it again.");

    internal static IOException IsFile(string folder) => new($"{folder} is a file; a cache is a folder.");

    internal static DirectoryNotFoundException NoFolder(string folder) => new($"{folder} does not exist; pinion build --cache, or a request, makes it.");

    internal static IOException Foreign(string folder, string other) =>
        new($"{folder} is no engine cache: it holds {other} and no {CacheFolder.MarkerName}. Give an empty or new folder.");

    internal static IOException CannotWrite(string folder, Exception e) =>
        new($"The engine cache {folder} cannot be written: {AtomicFile.Reason(e)}. Make it writable, or name another folder; a plan that is in it is found all the same.", e);
}
