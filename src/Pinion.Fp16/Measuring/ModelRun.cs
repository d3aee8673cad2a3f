using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Pinion.Fp16;

/// <summary>A model that is built and runs on samples. Owner of its engine and its session. Threads: one at a time.</summary>
internal sealed class ModelRun : IDisposable
{
    private static readonly Version FirstStronglyTyped = new(10, 0);

    private readonly GuardSamples _samples;
    private readonly string _prefix;
    private readonly Engine _engine;
    private readonly Session _session;
    private byte[] _given = [];
    private ShapeVariant? _variant;

    private ModelRun(GuardSamples samples, string prefix, Engine engine)
    {
        _samples = samples;
        _prefix = prefix;
        _engine = engine;
        _session = engine.CreateSession(new SessionOptions { UseGraph = false, TimingInterval = 0 });
    }

    public IReadOnlyList<TensorInfo> Outputs => _session.Outputs;

    /// <summary>What the engine computes in, as its plan says.</summary>
    public Precision? Precision => _engine.Description.Precision;

    /// <summary>Throws where a typed model proves nothing.</summary>
    /// <exception cref="GuardException">It does.</exception>
    public static void CheckRuntime()
    {
        if (WhyNoReference() is { } reason)
        {
            throw new GuardException(reason);
        }
    }

    /// <summary>Why a typed model proves nothing here: TensorRT itself decides what is computed in which precision, or nothing runs. Null where it does.</summary>
    public static string? WhyNoReference()
    {
        RuntimeInfo runtime = PinionRuntime.Info;
        if (PinionRuntime.CannotRun is { } reason)
        {
            return $"FP16 is verified by running the model, and the SDK {runtime.Sdk.GetName()} runs nothing here ({reason}); leave PINION_SDK out, so that another runs it, or do not verify";
        }

        return runtime is { Sdk: Sdk.Nvidia } && !(runtime.TensorRtLoaded >= FirstStronglyTyped)
            ? $"TensorRT {runtime.TensorRtLoaded} may compute FP32 layers in FP16 where FP16 is allowed, so nothing can be proved with it; measure with PINION_SDK=host, or with TensorRT 10 or later"
            : null;
    }

    /// <summary>Loads an engine that was built.</summary>
    /// <exception cref="PlanMismatchException">It is for another device, TensorRT or SDK.</exception>
    public static ModelRun Of(Plan plan, GuardSamples samples, int device)
    {
        // Whoever built it just now trusts it.
        var engine = Engine.Load(plan, new EngineLoadOptions { Device = device, AllowHostCode = true });
        try
        {
            return new ModelRun(samples, "", engine);
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <summary>Builds a model, whose types decide what is computed in which precision.</summary>
    /// <param name="path">The model.</param>
    /// <param name="samples">What it runs on.</param>
    /// <param name="prefix">What stands before the names of its inputs.</param>
    /// <param name="cancellation">Ends the build.</param>
    /// <param name="device">Where it is built and runs.</param>
    /// <param name="profiles">What it is tuned for; null: the samples.</param>
    /// <exception cref="PinionException">It cannot be built here.</exception>
    public static ModelRun Load(string path, GuardSamples samples, string prefix, CancellationToken cancellation, int device = 0, IReadOnlyList<OptimizationProfile>? profiles = null)
    {
        var options = new EngineBuildOptions
        {
            Profiles = profiles ?? (samples.Profile(prefix) is { } profile ? [profile] : []),
            StronglyTyped = PinionRuntime.Info is { Sdk: Sdk.Nvidia } runtime && runtime.TensorRtLoaded >= FirstStronglyTyped,
            Device = device,
        };
        using Plan plan = EngineBuilder.Build(path, options, cancellationToken: cancellation);
        var engine = Engine.Load(plan, new EngineLoadOptions { Device = device });
        try
        {
            return new ModelRun(samples, prefix, engine);
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    public void Run(int sample)
    {
        (string, TensorShape)[] shapes = [.. _session.Inputs.Where(i => i.Shape.IsDynamic).Select(i => (i.Name, _samples.ShapeOf(sample, Input(i.Name))))];
        if (shapes.Length > 0)
        {
            ShapeVariant next = _session.Admit(shapes);
            _session.Use(next);
            if (_variant != next)
            {
                _variant?.Dispose();
                _variant = next;
            }
        }

        foreach (TensorInfo input in _session.Inputs)
        {
            TensorInfo known = Input(input.Name);
            Span<byte> destination = _session.Input<byte>(input.Name);
            if (input.DataType == known.DataType)
            {
                _samples.Fill(sample, known, destination);
                continue;
            }

            // A model whose inputs became FP16 takes the same samples.
            int length = destination.Length / sizeof(ushort) * sizeof(float);
            _given = _given.Length >= length ? _given : new byte[length];
            _samples.Fill(sample, known, _given.AsSpan(0, length));
            TensorPrimitives.ConvertToHalf(MemoryMarshal.Cast<byte, float>(_given.AsSpan(0, length)), MemoryMarshal.Cast<byte, Half>(destination));
        }

        _session.Run();
    }

    /// <summary>Runs the last sample once more.</summary>
    public void RunAgain() => _session.Run();

    /// <summary>Layers of the engine, and those whose floating-point inputs and outputs are FP16; null where the inspector does not tell types.</summary>
    public (int All, int Half)? CountLayers()
    {
        using var document = JsonDocument.Parse(_engine.GetLayersJson());
        int all = 0;
        int half = 0;
        foreach (JsonElement layer in document.RootElement.TryGetProperty("Layers", out JsonElement layers) && layers.ValueKind == JsonValueKind.Array ? layers.EnumerateArray() : default)
        {
            string[] types = layer.ValueKind == JsonValueKind.Object
                ? [.. Tensors(layer, "Inputs").Concat(Tensors(layer, "Outputs")).Select(t => t.TryGetProperty("Format/Datatype", out JsonElement type) ? $"{type}" : "").Where(t => t.Length > 0)] : [];
            if (types.Length == 0)
            {
                return null;
            }

            all++;
            bool[] floats = [.. types.Where(t => IsHalf(t) || t.Contains("FP32", StringComparison.Ordinal) || t.Contains("Float", StringComparison.Ordinal)).Select(IsHalf)];
            half += floats.Length > 0 && floats.All(h => h) ? 1 : 0;
        }

        return all > 0 ? (all, half) : null;

        static bool IsHalf(string type) => type.Contains("FP16", StringComparison.Ordinal) || type.Contains("Half", StringComparison.Ordinal);

        static JsonElement.ArrayEnumerator Tensors(JsonElement layer, string name) =>
            layer.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : default;
    }

    public ReadOnlySpan<byte> Data(TensorInfo output) => _session.Output<byte>(output.Name);

    public TensorShape Shape(TensorInfo output) => _session.GetShape(output.Name);

    public void Dispose()
    {
        _variant?.Dispose();
        _session.Dispose();
        _engine.Dispose();
    }

    /// <summary>What the samples call an input. All models have the same inputs in one order; TensorRT gives one that is an output too another name.</summary>
    private TensorInfo Input(string name)
    {
        int position = _session.Inputs.TakeWhile(i => i.Name != name).Count();
        return _session.Inputs.Count == _samples.Inputs.Count ? _samples.Inputs[position] : _samples.Inputs.First(i => _prefix + i.Name == name);
    }
}
