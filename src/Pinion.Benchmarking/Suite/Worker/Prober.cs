namespace Pinion.Benchmarking;

/// <summary>Looks at the machine and at the models' inputs before anything is measured.</summary>
internal static class Prober
{
    public static ProbeAnswer Run(ProbeRequest request, Func<Exception, string> describe)
    {
        var shapes = new CellShapes(request.Shapes);
        var models = new List<(string File, IReadOnlyList<TensorInfo> Inputs)>();
        string? problem = null;
        foreach (string file in request.ModelFiles)
        {
            try
            {
                models.Add((file, EngineBuilder.DescribeModel(file).Inputs));
            }
            catch (PinionException)
            {
                // Its cells will tell; the other models can be measured.
                continue;
            }

            try
            {
                IReadOnlyList<TensorInfo> inputs = models[^1].Inputs;
                shapes.For(file, inputs, []).ForModel(inputs);
            }
            catch (BenchmarkSettingException e)
            {
                problem ??= $"{file}: {describe(e)}";
            }
        }
        // A model that cannot be read may be the one that an entry is for.
        string[] unmatched = models.Count == request.ModelFiles.Count ? [.. shapes.Unmatched(models)] : [];
        return new ProbeAnswer(EnvironmentFacts.Read(request.MeasurePeak), problem, unmatched);
    }
}
