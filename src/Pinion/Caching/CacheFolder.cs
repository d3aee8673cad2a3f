using System.Text;
using System.Text.RegularExpressions;

namespace Pinion;

/// <summary>
/// The files of a cache: by key a plan, the JSON beside it, kernels that TensorRT for RTX compiled for it, a lock while it is written, and unfinished files whose names
/// begin with a dot. Anything else is not the cache's, and stays as it is.
/// </summary>
internal sealed partial class CacheFolder
{
    /// <summary>The file by which a folder is known as a cache.</summary>
    internal const string MarkerName = "pinion-engine-cache";

    private const string PlanExtension = ".plan";
    private const string EntryExtension = ".json";
    private const string LockExtension = ".lock";
    private const string KernelExtension = ".plan.runtime-cache";
    private const string ModelExtension = ".model";

    /// <summary>Such a plan holds its own checksums in its first bytes.</summary>
    private const int HeadBytes = 4096;

    private const string MarkerText = "Engines that Pinion has built; see docs/engine-cache.md. The folder may be deleted when no process uses it.\n";

    private CacheFolder(string root) => Root = root;

    internal string Root { get; }

    /// <summary>An existing cache.</summary>
    /// <exception cref="IOException">There is no such folder, or it is no cache.</exception>
    internal static CacheFolder Open(string path)
    {
        var folder = new CacheFolder(Path.GetFullPath(path));
        if (File.Exists(folder.Root))
        {
            throw CacheErrors.IsFile(path);
        }

        if (!Directory.Exists(folder.Root))
        {
            throw CacheErrors.NoFolder(path);
        }

        return folder.IsMarked || folder.Stranger is not { } other ? folder : throw CacheErrors.Foreign(path, other);
    }

    /// <summary>A cache that is made where there is none.</summary>
    /// <exception cref="IOException">The folder cannot be made, or holds something else.</exception>
    internal static CacheFolder OpenOrCreate(string path)
    {
        OrCannotWrite(path, () => File.Exists(path) ? null : Directory.CreateDirectory(path));
        CacheFolder folder = Open(path);
        if (!folder.IsMarked)
        {
            OrCannotWrite(path, () =>
            {
                AtomicFile.Write(Path.Combine(folder.Root, MarkerName), 0, stream => stream.Write(Encoding.UTF8.GetBytes(MarkerText)));
                return folder;
            });
        }

        return folder;
    }

    internal string PlanPath(string key) => Path.Combine(Root, key + PlanExtension);

    internal string EntryPath(string key) => Path.Combine(Root, key + EntryExtension);

    internal string LockPath(string key) => Path.Combine(Root, key + LockExtension);

    /// <summary>A folder for a model that is made, while the key's lock is held.</summary>
    internal string ModelFolder(string key) => Path.Combine(Root, $".{key}{ModelExtension}");

    internal long KernelBytes(string key) => new FileInfo(Path.Combine(Root, key + KernelExtension)) is { Exists: true } file ? file.Length : 0;

    /// <summary>The keys that have an entry, whole or not.</summary>
    internal IReadOnlyList<string> Keys() => [.. Names().Where(n => n.EndsWith(EntryExtension, StringComparison.Ordinal)).Select(KeyOf).OfType<string>()];

    /// <summary>Names in the folder that are not the cache's.</summary>
    internal IReadOnlyList<string> Strangers() => [.. Names().Where(IsStranger).Order(StringComparer.Ordinal)];

    /// <summary>The entry of a key, its plan open and not to be deleted until it is closed; null where there is none.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="wholePlan">Whether to read all of the plan; else its first bytes, for those who load it and so check the rest.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="InvalidDataException">It is damaged; the message says how, without a full stop.</exception>
    internal (CacheEntry Entry, FileStream Plan)? Find(string key, bool wholePlan, CancellationToken cancellation)
    {
        FileStream? plan = null;
        CacheEntry? entry = null;
        try
        {
            entry = EntryFile.Read(this, key);
            plan = new FileStream(PlanPath(key), new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                // Whoever deletes asks for it alone, and is refused.
                Share = FileShare.Read | FileShare.Delete,
                BufferSize = 0,
                Options = FileOptions.SequentialScan,
            });
            Check(entry, plan, wholePlan, cancellation);
            return (entry, plan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException || KeyLock.IsHeld(e))
        {
            return entry is null || KeyLock.IsHeld(e) ? null : throw new InvalidDataException("its plan is missing", e);
        }
        catch (Exception e) when (AtomicFile.IsWriteError(e))
        {
            plan?.Dispose();
            throw new InvalidDataException($"it cannot be read: {AtomicFile.Reason(e)}", e);
        }
        catch
        {
            plan?.Dispose();
            throw;
        }
    }

    /// <summary>Notes that an entry was used; in a folder that cannot be written nobody deletes either.</summary>
    internal void Touch(string key)
    {
        try
        {
            File.SetLastWriteTimeUtc(EntryPath(key), DateTime.UtcNow);
        }
        catch (Exception e) when (AtomicFile.IsWriteError(e))
        {
        }
    }

    /// <summary>Puts a plan and its entry in their places, the plan first. The key's lock is held.</summary>
    /// <exception cref="IOException">They cannot be written, a full disk for example; there is no entry then.</exception>
    internal CacheEntry Store(CacheEntry entry, Plan plan, CancellationToken cancellation)
    {
        File.Delete(EntryPath(entry.Key));
        plan.Save(PlanPath(entry.Key));
        using (FileStream file = FileDigest.Open(PlanPath(entry.Key)))
        {
            string head = FileDigest.Of(file, HeadBytes, cancellation);
            file.Position = 0;
            entry = entry with { PlanBytes = file.Length, HeadSha256 = head, PlanSha256 = FileDigest.Of(file, long.MaxValue, cancellation) };
        }

        AtomicFile.Write(EntryPath(entry.Key), 0, stream => stream.Write(EntryFile.Write(entry)));
        return entry;
    }

    /// <summary>Deletes an entry, unless somebody writes it or has its plan open.</summary>
    internal bool TryDelete(string key)
    {
        try
        {
            using var taken = KeyLock.TryTake(this, key);
            if (taken is null)
            {
                return false;
            }

            // Alone until it is gone, or not at all. The entry goes before it: what is left of a deletion that is cut short does not count.
            using var plan = new FileStream(PlanPath(key), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            File.Delete(EntryPath(key));
            foreach (string kernels in Names().Where(n => IsOfKernels(key, n)))
            {
                File.Delete(Path.Combine(Root, kernels));
            }

            return true;
        }
        catch (Exception e) when (AtomicFile.IsWriteError(e))
        {
            return false;
        }
    }

    /// <summary>Deletes what processes have left that were ended while they wrote, and entries that are damaged.</summary>
    /// <returns>How many keys had such.</returns>
    internal int DeleteLeftovers()
    {
        int count = 0;
        foreach (IGrouping<string, string> group in Names().Select(n => (Name: n, Key: KeyOf(n))).Where(n => n.Key is not null).GroupBy(n => n.Key!, n => n.Name))
        {
            count += DeleteLeftovers(group.Key, [.. group]) ? 1 : 0;
        }

        return count;
    }

    /// <summary>A plan's damage against what its entry says.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    private static void Check(CacheEntry entry, FileStream plan, bool wholePlan, CancellationToken cancellation)
    {
        if (plan.Length != entry.PlanBytes)
        {
            throw new InvalidDataException($"the plan has {plan.Length} bytes and had {entry.PlanBytes}");
        }

        string expected = wholePlan ? entry.PlanSha256 : entry.HeadSha256;
        if (FileDigest.Of(plan, wholePlan ? long.MaxValue : HeadBytes, cancellation) != expected)
        {
            throw new InvalidDataException("the plan's checksum does not match");
        }

        plan.Position = 0;
    }

    private bool DeleteLeftovers(string key, IReadOnlyList<string> names)
    {
        bool isSound = names.Contains(key + EntryExtension) && names.Contains(key + PlanExtension) && CanRead(key);
        bool IsWanted(string name) => isSound && (name == key + EntryExtension || name == key + PlanExtension || IsOfKernels(key, name));
        if (names.All(IsWanted))
        {
            return false;
        }

        try
        {
            // Held by whoever is writing; the lock's own file goes with it.
            using var taken = KeyLock.TryTake(this, key);
            if (taken is null || (!isSound && CanRead(key)))
            {
                return false;
            }

            foreach (string path in names.Where(n => !IsWanted(n) && n != key + LockExtension).Order(StringComparer.Ordinal).Select(n => Path.Combine(Root, n)))
            {
                if (Directory.Exists(path))
                {
                    Directory.Delete(path, recursive: true);
                }
                else
                {
                    File.Delete(path);
                }
            }

            return true;
        }
        catch (Exception e) when (AtomicFile.IsWriteError(e))
        {
            return false;
        }
    }

    private static void OrCannotWrite(string path, Func<object?> work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (AtomicFile.IsWriteError(e))
        {
            throw CacheErrors.CannotWrite(path, e);
        }
    }

    private bool CanRead(string key)
    {
        try
        {
            return EntryFile.Read(this, key) is { } entry && new FileInfo(PlanPath(key)) is { Exists: true } plan && plan.Length == entry.PlanBytes;
        }
        catch (Exception e) when (e is InvalidDataException || AtomicFile.IsWriteError(e))
        {
            return false;
        }
    }

    /// <summary>The kernels, and the lock that stays beside them.</summary>
    private static bool IsOfKernels(string key, string name) => name.StartsWith(key + KernelExtension, StringComparison.Ordinal);

    private bool IsMarked => File.Exists(Path.Combine(Root, MarkerName));

    private string? Stranger => Names().Where(IsStranger).Order(StringComparer.Ordinal).FirstOrDefault();

    private IEnumerable<string> Names() => Directory.EnumerateFileSystemEntries(Root).Select(p => Path.GetFileName(p));

    /// <summary>The root of a volume is a good place for a cache.</summary>
    private static bool IsStranger(string name) => KeyOf(name) is null && name != "lost+found" && name.TrimStart('.').Split('.')[0] != MarkerName;

    /// <summary>The key that a file is of; null where it is none of the cache's.</summary>
    private static string? KeyOf(string name) => KeyName().Match(name) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex(@"^\.?([0-9a-f]{64})\.(plan|json|lock|model)(\.|$)")]
    private static partial Regex KeyName();
}
