using Pinion.Onnx;

namespace Pinion.Benchmarking;

/// <summary>Outputs to compare with: one plain run, in a process that does nothing else where there is one.</summary>
internal static class CellReference
{
    public static WorkerAnswer Run(ReferenceRequest request)
    {
        using var engine = Engine.Load(request.Plan, new EngineLoadOptions());
        EngineShapes shapes = CellMeasurer.Resolve(engine, request.Model, request.Shapes, request.Batch);
        using var bench = new EngineBench(engine, new EngineBenchOptions
        {
            Session = new SessionOptions { UseGraph = false },
            Measure = new MeasureOptions { Seed = request.Seed },
        });
        bench.Prepare(shapes);
        bench.Session.Run();
        string temporary = $"{request.Folder}.{Environment.ProcessId}.tmp";
        Directory.CreateDirectory(temporary);
        var taken = new HashSet<string>();
        foreach (TensorInfo output in engine.Outputs)
        {
            string file = Path.Combine(temporary, FileName.For(output.Name, ".npy", taken));
            NpyFile.Write(file, OnnxTypeExtensions.Parse(output.DataType.GetName()), bench.Session.GetShape(output.Name).ToArray(), bench.Session.Output<byte>(output.Name));
        }

        Directory.Move(temporary, request.Folder);
        return new WorkerAnswer(CellStatus.Measured, null);
    }
}
