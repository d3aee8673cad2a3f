using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>The quick start of the package's README is this code, compiled and run.</summary>
[NonParallelizable]
public sealed class PackageReadmeTests
{
    private static readonly string Source = Path.Combine(Child.RepositoryRoot, "tests", "Pinion.Tests", "Documentation", "PackageReadmeTests.cs");
    private static readonly string Readme = Path.Combine(Child.RepositoryRoot, "src", "Pinion", "README.md");

    [Test]
    public void The_quick_start_runs()
    {
        using var folder = new TemporaryFolder();
        new OnnxModel().Input("x", OnnxType.Float32, "batch", 3, 224, 224).Output("y", OnnxType.Float32, "batch", 3, 1, 1)
            .Node("GlobalAveragePool", ["x"], ["y"]).Save(folder["model.onnx"]);
        float[] pixels = new float[4 * 3 * 224 * 224];
        Array.Fill(pixels, 0.5f);
        string former = Environment.CurrentDirectory;
        Environment.CurrentDirectory = folder.Path;
        try
        {
            // begin
            using Plan plan = EngineBuilder.Build("model.onnx", new EngineBuildOptions
            {
                Precision = Precision.Fp16,
                Profiles = [OptimizationProfile.Parse("x:min=1x3x224x224,opt=4x3x224x224,max=8x3x224x224")],
            });
            plan.Save("model.plan");

            using var engine = Engine.Load("model.plan");
            using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1, 4, 8] });

            session.SetBatch(4);
            pixels.CopyTo(session.Input<float>("x"));        // pinned memory
            session.Run();                                   // copy in, compute, copy out: one native call
            ReadOnlySpan<float> y = session.Output<float>("y");
            // end

            Assert.That(y.ToArray(), Is.All.EqualTo(0.5f).Within(1e-3));
            Assert.That(y.Length, Is.EqualTo(12));
        }
        finally
        {
            Environment.CurrentDirectory = former;
        }
    }

    [Test]
    public void The_README_shows_that_code()
    {
        string[] shown = [.. Between(File.ReadAllLines(Readme), "```csharp", "```").Where(l => l != "using Pinion;").SkipWhile(l => l.Length == 0)];
        string[] run = [.. Between(File.ReadAllLines(Source), "// begin", "// end").Select(l => l.Length > 12 ? l[12..] : l)];

        Assert.That(shown, Is.EqualTo(run));
        Assert.That(shown, Is.Not.Empty);
    }

    private static IEnumerable<string> Between(string[] lines, string begin, string end) =>
        lines.SkipWhile(l => l.Trim() != begin).Skip(1).TakeWhile(l => l.Trim() != end);
}
