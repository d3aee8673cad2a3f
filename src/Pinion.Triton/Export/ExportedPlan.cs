using System.Buffers.Binary;

namespace Pinion.Cli.Commands.Export;

/// <summary>A plan file as the export sees it: its tensors, and where TensorRT's own bytes lie in it.</summary>
internal sealed record ExportedPlan(
    string Path, PlanDescription Header, bool IsHost, long PayloadOffset, IReadOnlyList<TensorInfo> Inputs, IReadOnlyList<TensorInfo> Outputs, IReadOnlyList<ProfileInfo> Profiles)
{
    private const int PayloadOffsetField = 12;
    private const int FixedFields = 24;
    private const int CopyBytes = 1 << 20;

    /// <summary>The most rows of a batch; 0 where a tensor has no dynamic first dimension.</summary>
    public int MaxBatch(int profile)
    {
        if (Inputs.Concat(Outputs).Any(t => t.Shape.Rank == 0 || t.Shape[0] >= 0))
        {
            return 0;
        }
        return (int)Math.Min(int.MaxValue, Inputs.Min(i => Range(profile, i.Name)?.Max[0] ?? 1));
    }

    public ShapeRange? Range(int profile, string input) => Profiles.ElementAtOrDefault(profile)?.Inputs.GetValueOrDefault(input);

    /// <summary>Reads a plan, its checksum verified. One without a header is loaded, as nothing else tells its tensors.</summary>
    public static ExportedPlan Read(string path, int device)
    {
        Files.RequireFile(path);
        PlanDescription header = Files.About(path, () => Plan.Describe(path));
        long offset = header.IsRaw ? 0 : ReadOffset(path);
        // The host SDK's own bytes: a plan without a header says nothing else of where it is from.
        bool host = (header.Sdk is not null && header.Sdk != "nvidia") || StartsAt(path, offset, "PHSTPLN1"u8);
        if (!header.IsRaw)
        {
            return new ExportedPlan(path, header, host, offset, header.Inputs, header.Outputs, header.Profiles);
        }
        using Engine engine = Files.About(path, () => Engine.Load(path, new EngineLoadOptions { Device = device }));
        return new ExportedPlan(path, header, host, offset, engine.Inputs, engine.Outputs, engine.Profiles);
    }

    /// <summary>Writes what Triton loads: TensorRT's bytes alone; a plan of the host SDK whole, with the header that pinion checks.</summary>
    public void Write(Stream output, CancellationToken token)
    {
        using FileStream file = File.OpenRead(Path);
        file.Position = IsHost ? 0 : PayloadOffset;
        byte[] buffer = new byte[CopyBytes];
        for (int count; (count = file.Read(buffer)) > 0;)
        {
            token.ThrowIfCancellationRequested();
            output.Write(buffer.AsSpan(0, count));
        }
    }

    public long SizeToWrite => new FileInfo(Path).Length - (IsHost ? 0 : PayloadOffset);

    /// <summary>The header's layout is in native/src/plan_file.cpp; its checksum was verified before.</summary>
    private static long ReadOffset(string path)
    {
        Span<byte> start = stackalloc byte[FixedFields];
        using FileStream file = File.OpenRead(path);
        file.ReadExactly(start);
        return BinaryPrimitives.ReadUInt32LittleEndian(start[PayloadOffsetField..]);
    }

    private static bool StartsAt(string path, long offset, ReadOnlySpan<byte> magic)
    {
        Span<byte> start = stackalloc byte[magic.Length];
        using FileStream file = File.OpenRead(path);
        file.Position = offset;
        return file.ReadAtLeast(start, magic.Length, throwOnEndOfStream: false) == magic.Length && start.SequenceEqual(magic);
    }
}
