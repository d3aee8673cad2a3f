using System.Buffers.Binary;

namespace Pinion.Triton;

/// <summary>A plan file: what it takes and gives, and where TensorRT's own bytes lie in it. Immutable.</summary>
public sealed class PlanFile
{
    private const int PayloadOffsetField = 12;
    private const int FixedFields = 24;
    private const int CopyBytes = 1 << 20;

    private readonly long _payloadOffset;

    private PlanFile(
        string path, PlanDescription header, IReadOnlyList<TensorInfo> inputs, IReadOnlyList<TensorInfo> outputs, IReadOnlyList<ProfileInfo> profiles)
    {
        Path = path;
        Header = header;
        Inputs = inputs;
        Outputs = outputs;
        Profiles = profiles;
        _payloadOffset = header.IsRaw ? 0 : ReadOffset(path);
        // The host SDK's own bytes: a plan without a header says nothing else of where it is from.
        IsHost = header.Sdk is Sdk.Host or Sdk.Cuda || StartsAt(path, _payloadOffset, "PHSTPLN1"u8);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What Pinion wrote about the plan; of a plan without a header, next to nothing.</summary>
    public PlanDescription Header { get; }

    /// <summary>Whether it is a plan of Pinion's host SDK, which Triton cannot load.</summary>
    public bool IsHost { get; }

    /// <summary>The inputs.</summary>
    public IReadOnlyList<TensorInfo> Inputs { get; }

    /// <summary>The outputs.</summary>
    public IReadOnlyList<TensorInfo> Outputs { get; }

    /// <summary>The optimization profiles.</summary>
    public IReadOnlyList<ProfileInfo> Profiles { get; }

    /// <summary>Whether every tensor has a dynamic first dimension: rows can then be joined.</summary>
    public bool IsBatched => Inputs.Concat(Outputs).All(t => t.Shape.Rank > 0 && t.Shape[0] < 0);

    /// <summary>Bytes that <see cref="WriteTo"/> writes.</summary>
    internal long SizeToWrite => new FileInfo(Path).Length - (IsHost ? 0 : _payloadOffset);

    /// <summary>Reads a plan, its checksum verified. One without a header, which is how Triton has them, is loaded for a moment.</summary>
    /// <param name="path">The plan.</param>
    /// <param name="device">The device to load it on, if it must be.</param>
    /// <exception cref="PinionException">The file is no plan, or has no header and does not fit this machine.</exception>
    public static PlanFile Read(string path, int device = 0)
    {
        PlanDescription header = Plan.Describe(path);
        if (!header.IsRaw)
        {
            return new PlanFile(path, header, header.Inputs, header.Outputs, header.Profiles);
        }

        using var engine = Engine.Load(path, new EngineLoadOptions { Device = device });
        return new PlanFile(path, header, engine.Inputs, engine.Outputs, engine.Profiles);
    }

    /// <summary>The rows that a profile admits; only of a plan that is batched.</summary>
    public (long Min, long Max) Batches(int profile)
    {
        (long min, long max) = (1, int.MaxValue);
        foreach (TensorInfo input in Inputs)
        {
            if (Range(profile, input, axis: 0) is { } range)
            {
                (min, max) = (Math.Max(min, range.Min), Math.Min(max, range.Max));
            }
        }

        return (min, max);
    }

    /// <summary>The sizes that a profile admits for one dimension; null where the plan does not tell.</summary>
    internal (long Min, long Max)? Range(int profile, TensorInfo input, int axis)
    {
        if (input.Shape[axis] >= 0)
        {
            return (input.Shape[axis], input.Shape[axis]);
        }

        return profile < Profiles.Count && Profiles[profile].Inputs.TryGetValue(input.Name, out ShapeRange? range)
            ? (range.Min[axis], range.Max[axis])
            : null;
    }

    /// <summary>Writes what Triton loads: TensorRT's bytes alone; a plan of the host SDK whole, with the header that Pinion checks.</summary>
    internal void WriteTo(Stream output, CancellationToken token)
    {
        using FileStream file = File.OpenRead(Path);
        file.Position = IsHost ? 0 : _payloadOffset;
        byte[] buffer = new byte[CopyBytes];
        for (int count; (count = file.Read(buffer)) > 0;)
        {
            token.ThrowIfCancellationRequested();
            output.Write(buffer.AsSpan(0, count));
        }
    }

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
