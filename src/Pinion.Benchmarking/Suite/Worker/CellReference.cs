using Pinion.Cli.Npy;

namespace Pinion.Cli.Suite.Worker;

/// <summary>Outputs to compare with: one plain run, in a process that does nothing else.</summary>
internal static class CellReference
{
    public static WorkerAnswer Run(ReferenceRequest request)
    {
        using Engine engine = Engine.Load(request.Plan, new EngineLoadOptions());
        Variant variant = CellMeasurer.Resolve(engine, request.Model, request.Shapes, request.Batch);
        using var runner = new BenchRunner(engine, CellMeasurer.Values(request.Seed), new BenchOptions { Graph = false });
        runner.Prepare(variant);
        runner.Session.Run(runner.Prepared!);
        string temporary = $"{request.Folder}.{Environment.ProcessId}.tmp";
        Directory.CreateDirectory(temporary);
        var taken = new HashSet<string>();
        foreach (TensorInfo output in engine.Outputs)
        {
            string file = Path.Combine(temporary, Files.NameFor(output.Name, ".npy", taken));
            NpyFile.Write(file, output.DataType, TensorText.Dimensions(runner.Session.GetShape(output.Name)), runner.Session.OutputBytes(output.Name));
        }
        Directory.Move(temporary, request.Folder);
        return new WorkerAnswer(CellStatus.Measured, null);
    }
}
