using Pinion.Onnx;

namespace Pinion.Fp16;

/// <summary>
/// Measures every value of a model on a few samples: what it is in FP32, and what its node in FP16 makes of the FP32 values that the model gives it. A few values
/// at a time are outputs of a probe, so memory does not grow with the model. Threads: one at a time.
/// </summary>
internal sealed class NodeMeasure(Fp16Probe probe, GuardSamples samples, string folder, Action<string, int, int> report, CancellationToken cancellation)
{
    /// <summary>Outputs of one probe together, in FP32 and FP16.</summary>
    private const long GroupBytes = 128L << 20;

    private const float SmallestNormal = 6.103515625e-05f;

    /// <summary>From here on a float rounds to infinity.</summary>
    private const float Overflow = 65520;

    private readonly Dictionary<string, Tally> _tallies = new(StringComparer.Ordinal);
    private readonly Elements _plain = new();
    private readonly TensorComparer _comparer = new();
    private int _measured;

    /// <summary>Values that no probe could give, each with the reason.</summary>
    public List<string> Unmeasured { get; } = [];

    /// <summary>Measures on some of the samples.</summary>
    public IReadOnlyList<NodeStatistics> Run(string model, IReadOnlyList<int> chosen)
    {
        ModelProto skeleton = OnnxSkeleton.Read(model);
        IReadOnlyDictionary<string, IReadOnlyList<long?>> shapes = Shapes(skeleton, chosen[0]);
        var group = new List<Fp16ProbePoint>();
        long bytes = 0;
        foreach (Fp16ProbePoint point in probe.Points)
        {
            long size = shapes.TryGetValue(point.Value, out IReadOnlyList<long?>? dims) && dims.All(d => d is not null)
                ? dims.Aggregate(1L, (product, d) => product * d!.Value) * (sizeof(float) + sizeof(ushort)) : GroupBytes / 16;
            if (group.Count > 0 && bytes + size > GroupBytes)
            {
                Measure(group, chosen);
                group.Clear();
                bytes = 0;
            }

            group.Add(point);
            bytes += size;
        }

        Measure(group, chosen);
        var depths = new SumDepths(skeleton, shapes);
        return [.. probe.Points.Where(p => _tallies.ContainsKey(p.Value)).Select(p => _tallies[p.Value].ToStatistics(p, depths.Of(p.Value)))];
    }

    private IReadOnlyDictionary<string, IReadOnlyList<long?>> Shapes(ModelProto skeleton, int sample)
    {
        // TensorRT renames an input that is an output too.
        var inputs = samples.Inputs.Where(i => skeleton.Graph.Input.Any(own => own.Name == i.Name))
            .ToDictionary(i => i.Name, i => (IReadOnlyList<long>)samples.ShapeOf(sample, i).ToArray());
        return OnnxShapeInference.Infer(skeleton, new OnnxShapeOptions { InputShapes = inputs });
    }

    /// <summary>Values that cannot be outputs, such as those whose size is known only when they are computed, are found by halves and left out.</summary>
    private void Measure(IReadOnlyList<Fp16ProbePoint> group, IReadOnlyList<int> chosen)
    {
        if (group.Count == 0)
        {
            return;
        }

        string path = Path.Combine(folder, "probe.onnx");
        report("every node by itself", _measured, probe.Points.Count);
        try
        {
            probe.Write(path, group, cancellation);
            using var run = ModelRun.Load(path, samples, probe.InputPrefix, cancellation);
            foreach (int sample in chosen)
            {
                cancellation.ThrowIfCancellationRequested();
                run.Run(sample);
                Take(run, group);
            }

            _measured += group.Count;
        }
        catch (PinionException e) when (group.Count == 1)
        {
            _tallies.Remove(group[0].Value);
            Unmeasured.Add($"'{group[0].Value}' of {group[0].Node}: {e.Message}");
            _measured++;
        }
        catch (PinionException)
        {
            Fp16ProbePoint[] all = [.. group];
            foreach (Fp16ProbePoint point in all)
            {
                _tallies.Remove(point.Value);
            }

            Measure(all[..(all.Length / 2)], chosen);
            Measure(all[(all.Length / 2)..], chosen);
        }
    }

    private void Take(ModelRun run, IReadOnlyList<Fp16ProbePoint> group)
    {
        var outputs = run.Outputs.ToDictionary(o => o.Name, StringComparer.Ordinal);
        foreach (Fp16ProbePoint point in group)
        {
            TensorInfo plain = outputs[point.Plain];
            if (!_tallies.TryGetValue(point.Value, out Tally? tally))
            {
                _tallies.Add(point.Value, tally = new Tally());
            }

            ReadOnlySpan<byte> data = run.Data(plain);
            tally.Add(_plain.Floats(plain.DataType, data));
            if (point.Half is { } half)
            {
                tally.AddError(_comparer.Compare(outputs[half].DataType, run.Data(outputs[half]), plain.DataType, data, row: 1).RelativeError);
            }
        }
    }

    /// <summary>What is known of one value.</summary>
    private sealed class Tally
    {
        private float _largest;
        private float _smallest = float.PositiveInfinity;
        private long _beyond;
        private long _subnormal;
        private long _count;
        private double? _error;

        public void AddError(double error) => _error = Math.Max(_error ?? 0, error);

        public void Add(ReadOnlySpan<float> values)
        {
            _count += values.Length;
            foreach (float value in values)
            {
                float magnitude = Math.Abs(value);
                if (!float.IsFinite(magnitude))
                {
                    continue;
                }

                _largest = Math.Max(_largest, magnitude);
                _beyond += magnitude >= Overflow ? 1 : 0;
                if (magnitude > 0)
                {
                    _smallest = Math.Min(_smallest, magnitude);
                    _subnormal += magnitude < SmallestNormal ? 1 : 0;
                }
            }
        }

        public NodeStatistics ToStatistics(Fp16ProbePoint point, long? depth) => new(
            point.Node, point.Operator, point.Value, _largest, float.IsFinite(_smallest) ? _smallest : 0,
            _count == 0 ? 0 : (double)_beyond / _count, _count == 0 ? 0 : (double)_subnormal / _count, depth, _error);
    }
}
