using Pinion.Cli.Measuring;

namespace Pinion.Cli;

/// <summary>Sessions of one engine, one for each stream, all with the same shapes, as the measuring loop sees them.</summary>
internal sealed class BenchSessions : IInferenceSlots, IDisposable
{
    private readonly List<Session> _sessions = [];
    private ShapeVariant[] _variants = [];

    /// <exception cref="PinionException">Memory is exhausted, or before TensorRT 8.6 the plan has too few copies of the profile.</exception>
    public BenchSessions(Engine engine, int count, SessionOptions options)
    {
        try
        {
            while (_sessions.Count < count)
            {
                _sessions.Add(engine.CreateSession(options));
            }
        }
        catch (PinionException e) when (e.Status == PinionStatus.Unsupported && _sessions.Count > 0)
        {
            Dispose();
            throw new PinionException(
                $"{e.Message}. {count} streams need a plan built with --profile-copies {count}; this one serves {_sessions.Count}.", e.Status, e.Operation,
                e.TensorRtLog);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Count => _sessions.Count;

    /// <summary>Their session and variant, for what is done once.</summary>
    public (Session Session, ShapeVariant Variant) First => (_sessions[0], _variants[0]);

    /// <summary>Makes the shapes and the inputs of every session ready.</summary>
    public void Prepare(Engine engine, Variant variant, InputValues values)
    {
        _variants = [.. _sessions.Select(s => s.Prepare([.. variant.Inputs.Select(i => (i.Name, new TensorShape(i.Shape)))]))];
        for (int i = 0; i < _variants.Length; i++)
        {
            _sessions[i].Use(_variants[i]);
            foreach ((TensorInfo input, (string name, long[] shape)) in engine.Inputs.Zip(variant.Inputs))
            {
                values.Fill(input, shape, _sessions[i].Input<byte>(name));
            }
        }
    }

    public void Run(int slot) => _sessions[slot].Run(_variants[slot]);

    public void Enqueue(int slot) => _sessions[slot].Enqueue(_variants[slot]);

    public void Wait(int slot) => _sessions[slot].Wait();

    public RunTimes Times(int slot)
    {
        Timings times = _sessions[slot].Timings;
        return new RunTimes(times.HostToDeviceMs, times.GpuComputeMs, times.DeviceToHostMs, times.EnqueueMs, times.StartNanoseconds, times.DoneNanoseconds);
    }

    public void Dispose() => _sessions.ForEach(s => s.Dispose());
}
