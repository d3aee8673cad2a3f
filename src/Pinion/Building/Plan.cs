namespace Pinion;

/// <summary>
/// A built plan in native memory, not yet an engine. Owner: the caller, who disposes it. Threads: any; immutable.
/// </summary>
public sealed unsafe class Plan : IDisposable
{
    private const int WriteBytes = 1 << 20;
    private readonly BlobHandle _blob;

    internal Plan(BlobHandle blob) => _blob = blob;

    /// <summary>The plan's bytes, valid until it is disposed.</summary>
    /// <exception cref="InvalidOperationException">The plan has 2 GiB or more: use <see cref="Save"/>.</exception>
    public ReadOnlySpan<byte> Bytes
    {
        get
        {
            Errors.ThrowIfDisposed(_blob.IsClosed, this);
            ulong size = _blob.Size;
            return size <= int.MaxValue ? _blob.Slice(0, (int)size) : throw BuildErrors.PlanTooLargeForSpan(size);
        }
    }

    /// <summary>The plan's size.</summary>
    public long SizeBytes
    {
        get
        {
            Errors.ThrowIfDisposed(_blob.IsClosed, this);
            return (long)_blob.Size;
        }
    }

    /// <summary>What the plan's header says.</summary>
    /// <exception cref="PinionException">The bytes are no plan, or damaged.</exception>
    public PlanDescription Description
    {
        get
        {
            Errors.ThrowIfDisposed(_blob.IsClosed, this);
            using HandleLease<pn_blob> lease = _blob.Lease();
            return Describe(pn_blob_data(lease.Pointer), pn_blob_size(lease.Pointer));
        }
    }

    /// <summary>Reads a plan file into memory, its checksum verified. Needs no device.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="PinionException">The file is no plan, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Plan Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        PinionRuntime.EnsureLoaded();
        using FileStream file = File.OpenRead(path);
        Plan plan = Read((ulong)file.Length, file.ReadExactly);
        try
        {
            // A blob of nothing has no address.
            _ = file.Length == 0 ? Describe([]) : plan.Description;
            return plan;
        }
        catch
        {
            plan.Dispose();
            throw;
        }
    }

    /// <summary>From anywhere into the memory that the plan owns.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="fill">Fills the next part to its end.</param>
    internal static Plan Read(ulong bytes, Action<Span<byte>> fill)
    {
        const ulong AtOnce = 1 << 30;
        pn_blob* blob;
        void* data;
        pn_error* error = null;
        Errors.Check(pn_blob_create(bytes, &blob, &data, &error), error);
        var plan = new Plan(new BlobHandle(blob));
        try
        {
            for (ulong offset = 0; offset < bytes;)
            {
                int length = (int)Math.Min(AtOnce, bytes - offset);
                fill(new Span<byte>((byte*)data + offset, length));
                offset += (ulong)length;
            }

            return plan;
        }
        catch
        {
            plan.Dispose();
            throw;
        }
    }

    /// <summary>What the header of a plan file says, its checksum verified. Needs no device.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="PinionException">The file cannot be read, is no plan, or is damaged.</exception>
    public static PlanDescription Describe(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        PinionRuntime.EnsureLoaded();
        using var text = new Utf8Text(path);
        pn_blob* json;
        pn_error* error = null;
        Errors.CheckFile(pn_plan_describe_file(text.Pointer, &json, &error), error, path);
        using var blob = new BlobHandle(json);
        return DescriptionReader.ReadPlan(blob.ReadText());
    }

    /// <summary>What the header of a plan in memory says, its checksum verified. Needs no device.</summary>
    /// <exception cref="PinionException">The bytes are no plan, or damaged.</exception>
    public static PlanDescription Describe(ReadOnlySpan<byte> plan)
    {
        PinionRuntime.EnsureLoaded();
        byte nothing = 0;
        fixed (byte* bytes = plan)
        {
            return Describe(plan.IsEmpty ? &nothing : bytes, (ulong)plan.Length);
        }
    }

    /// <summary>The same plan with a text kept in its header, for <see cref="PlanDescription.Metadata"/>. Copies the plan's bytes.</summary>
    /// <param name="key">Its name; begin one of your own with your program's.</param>
    /// <param name="value">The text, 16 MiB with all others at most; null takes the key away.</param>
    /// <exception cref="PinionException">The plan is a raw one, or the text is too long.</exception>
    public Plan WithMetadata(string key, string? value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        Errors.ThrowIfDisposed(_blob.IsClosed, this);
        using HandleLease<pn_blob> lease = _blob.Lease();
        using var arena = new NativeArena();
        pn_blob* changed;
        pn_error* error = null;
        Errors.Check(pn_plan_set_metadata(pn_blob_data(lease.Pointer), pn_blob_size(lease.Pointer), arena.Text(key), arena.Text(value), &changed, &error), error);
        return new Plan(new BlobHandle(changed));
    }

    /// <summary>
    /// Writes the plan so that the file is either whole or as before: to a temporary file in the same folder, flushed to
    /// the disk, then renamed. Links are written through, devices as they are.
    /// </summary>
    /// <exception cref="IOException">The disk is full, or the folder does not exist or may not be written. Nothing is left behind.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Errors.ThrowIfDisposed(_blob.IsClosed, this);
        AtomicFile.Write(path, SizeBytes, CopyTo);
    }

    /// <summary>Writes the bytes to a stream.</summary>
    internal void CopyTo(Stream stream)
    {
        Errors.ThrowIfDisposed(_blob.IsClosed, this);
        ulong size = _blob.Size;
        for (ulong offset = 0; offset < size;)
        {
            int length = (int)Math.Min(WriteBytes, size - offset);
            stream.Write(_blob.Slice(offset, length));
            offset += (ulong)length;
        }

        GC.KeepAlive(_blob);
    }

    /// <summary>Frees the bytes. Engines that were loaded from them stay usable.</summary>
    public void Dispose() => _blob.Dispose();

    private static PlanDescription Describe(void* plan, ulong size)
    {
        pn_blob* json;
        pn_error* error = null;
        Errors.Check(pn_plan_describe_memory(plan, size, &json, &error), error);
        using var blob = new BlobHandle(json);
        return DescriptionReader.ReadPlan(blob.ReadText());
    }

    internal HandleLease<pn_blob> Lease()
    {
        Errors.ThrowIfDisposed(_blob.IsClosed, this);
        return _blob.Lease();
    }
}
