using System.Runtime.InteropServices;

namespace Pinion.Fp16;

/// <summary>A model that is built and runs on samples. Owner of its engine and its session. Threads: one at a time.</summary>
internal sealed class ModelRun : IDisposable
{
    private static readonly Version FirstStronglyTyped = new(10, 0);

    private readonly GuardSamples _samples;
    private readonly Engine _engine;
    private readonly Session _session;
    private byte[] _given = [];
    private ShapeVariant? _variant;

    private ModelRun(GuardSamples samples, Engine engine)
    {
        _samples = samples;
        _engine = engine;
        _session = engine.CreateSession(new SessionOptions { UseGraph = false, TimingInterval = 0 });
    }

    public IReadOnlyList<TensorInfo> Outputs => _session.Outputs;

    /// <summary>Builds a model, whose types decide what is computed in which precision.</summary>
    /// <exception cref="PinionException">It cannot be built here.</exception>
    public static ModelRun Load(string path, GuardSamples samples, CancellationToken cancellation)
    {
        RuntimeInfo runtime = PinionRuntime.Info;
        bool isStrong = runtime.Sdk == Sdk.Nvidia && runtime.TensorRtLoaded >= FirstStronglyTyped;
        var options = new EngineBuildOptions
        {
            Profiles = samples.Profile() is { } profile ? [profile] : [],
            StronglyTyped = isStrong,
            // Where types alone do not decide, TensorRT wants to be allowed FP16.
            Precision = runtime.Sdk == Sdk.Nvidia && !isStrong ? Precision.Fp16 : Precision.Fp32,
        };
        using Plan plan = EngineBuilder.Build(path, options, cancellationToken: cancellation);
        var engine = Engine.Load(plan);
        try
        {
            return new ModelRun(samples, engine);
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
            System.Numerics.Tensors.TensorPrimitives.ConvertToHalf(MemoryMarshal.Cast<byte, float>(_given.AsSpan(0, length)), MemoryMarshal.Cast<byte, Half>(destination));
        }

        _session.Run();
    }

    public ReadOnlySpan<byte> Data(TensorInfo output) => _session.Output<byte>(output.Name);

    public TensorShape Shape(TensorInfo output) => _session.GetShape(output.Name);

    public void Dispose()
    {
        _variant?.Dispose();
        _session.Dispose();
        _engine.Dispose();
    }

    private TensorInfo Input(string name) => _samples.Inputs.First(i => i.Name == name);
}
