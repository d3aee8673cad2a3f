namespace Pinion.Benchmarking;

/// <summary>
/// Shapes of a suite: <c>NAME:1x3x48x320</c> for every model that has such an input of open size, <c>MODEL.onnx=NAME:1x3x48x320</c>
/// for one.
/// </summary>
internal sealed class CellShapes
{
    private readonly List<(string Text, string? Model, (string? Name, TensorShape Shape) Input)> _entries = [];

    /// <exception cref="BenchmarkSettingException">An entry is no shape.</exception>
    public CellShapes(IEnumerable<string> texts)
    {
        foreach (string text in texts)
        {
            int equals = text.IndexOf(".onnx=", StringComparison.OrdinalIgnoreCase);
            string? model = equals < 0 ? null : text[..(equals + 5)];
            string shapes = equals < 0 ? text : text[(equals + 6)..];
            foreach ((string? Name, TensorShape Shape) input in ShapeGrammar.ParseList(shapes, rest => new BenchmarkSettingException($"{BenchmarkSetting.Shapes}{rest}")))
            {
                _entries.Add((text, model, input));
            }
        }
    }

    /// <summary>What is asked for one model; entries for other models and for inputs that it does not have are left out.</summary>
    public ShapeRequest For(string modelFile, IReadOnlyList<TensorInfo> inputs, IReadOnlyList<int> batches) =>
        new([.. _entries.Where(e => Fits(e, modelFile, inputs)).Select(e => e.Input)], batches);

    /// <summary>Entries that no call of <see cref="For"/> would use for these models.</summary>
    public IEnumerable<string> Unmatched(IReadOnlyList<(string File, IReadOnlyList<TensorInfo> Inputs)> models) =>
        _entries.Where(e => !models.Any(m => Fits(e, m.File, m.Inputs))).Select(e => e.Text).Distinct();

    /// <summary>The shapes by input that are given for a model, at a batch of 1.</summary>
    public Dictionary<string, TensorShape> OneImage(string modelFile)
    {
        var shapes = new Dictionary<string, TensorShape>();
        foreach ((string? name, TensorShape shape) in _entries.Where(e => IsFor(e.Model, modelFile) && e.Input is { Name: not null, Shape.Rank: > 0 }).Select(e => e.Input))
        {
            shapes[name!] = shape.WithBatch(1);
        }

        return shapes;
    }

    private static bool IsFor(string? model, string modelFile) => model is null || model == modelFile || model == Path.GetFileName(modelFile);

    /// <summary>An entry for all models is for those that leave such an input's size open; one for a model is for that model.</summary>
    private static bool Fits((string Text, string? Model, (string? Name, TensorShape Shape) Input) entry, string modelFile, IReadOnlyList<TensorInfo> inputs)
    {
        TensorInfo? input = entry.Input.Name is { } name ? inputs.FirstOrDefault(i => i.Name == name) : inputs.Count == 1 ? inputs[0] : null;
        return input is not null && IsFor(entry.Model, modelFile)
            && (entry.Model is not null || input.Shape.Skip(1).Any(d => d < 0));
    }
}
