namespace Pinion;

/// <summary>What a builder process is asked for, as native/src/worker_request.cpp reads it.</summary>
/// <param name="Path">The model's file; with bytes, where external data lies, or null.</param>
/// <param name="Bytes">The model's bytes; null: those of the file.</param>
/// <param name="Options">How to build.</param>
internal sealed unsafe record BuilderRequest(string? Path, ReadOnlyMemory<byte>? Bytes, EngineBuildOptions Options)
{
    internal void Write(Stream stream, LogSeverity maxSeverity)
    {
        using (var native = new NativeBuildOptions(Options, null, default))
        {
            var payload = new PayloadWriter();
            payload.Number(BuilderFrames.AbiVersion);
            payload.Number((int)maxSeverity);
            payload.Number(Bytes is null ? 0 : 1);
            Write(payload, native.Pointer);
            payload.Text(Path ?? "");
            BuilderFrames.Write(stream, FrameKind.Request, payload.Bytes);
        }

        if (Bytes is { } model)
        {
            BuilderFrames.Write(stream, FrameKind.Model, model.Span);
        }

        stream.Flush();
    }

    /// <summary>The structs as they are, and behind them what their pointers lead to.</summary>
    private void Write(PayloadWriter payload, pn_build_options* native)
    {
        payload.Struct(*native);
        for (int i = 0; i < native->range_count; i++)
        {
            payload.Struct(native->ranges[i]);
        }

        foreach (string tensor in Options.Profiles.SelectMany(p => p.Inputs.Keys))
        {
            payload.Text(tensor);
        }

        for (int i = 0; i < native->layer_precision_count; i++)
        {
            payload.Struct(native->layer_precisions[i]);
        }

        foreach (string text in Options.LayerPrecisions.Select(l => l.Layer).Concat(Options.PluginLibraries))
        {
            payload.Text(text);
        }

        foreach (GpuTarget target in Options.Targets)
        {
            payload.Number(target.Number);
        }

        payload.Text(Options.TimingCachePath ?? "");
    }
}
