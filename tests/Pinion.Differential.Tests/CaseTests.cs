namespace Pinion.Differential.Tests;

/// <summary>The models that the lane asks about.</summary>
public sealed class CaseTests
{
    private const int AtLeast = 1500;

    /// <summary>Of the oldest release that distributions have.</summary>
    private const int LastOpsetOfChecker = 17;

    [Test]
    public void There_are_many_and_their_names_are_unique()
    {
        Assert.That(Cases.Small, Has.Count.GreaterThanOrEqualTo(AtLeast));
        Assert.That(Cases.Small.Select(c => c.Name), Is.Unique);
        Assert.That(Cases.Small.Select(c => c.Name), Has.All.Match(@"^[a-z0-9]+/(opset\d+/)?[\w.+-]+$"));
    }

    [Test]
    public void A_model_is_the_same_each_time() =>
        Assert.That(Cases.Small.Where(c => !c.Write().AsSpan().SequenceEqual(c.Write())).Select(c => c.Name), Is.Empty);

    [Test]
    public void A_fifth_is_held_out()
    {
        double share = (double)Cases.Small.Count(c => c.IsHeldOut) / Cases.Small.Count;

        Assert.That(share, Is.EqualTo(0.2).Within(0.02));
    }

    [Test]
    public void They_have_every_operator_that_ONNX_knows()
    {
        var python = Python.Require("onnx");
        var used = Cases.Small.Where(c => !c.Name.StartsWith("bytes/", StringComparison.Ordinal)).SelectMany(c => Nodes(ModelProto.Parser.ParseFrom(c.Write()).Graph)).Select(n => n.OpType).ToHashSet();

        string known = python.Run("import onnx.defs; print(' '.join({s.name for s in onnx.defs.get_all_schemas_with_history() if s.domain == ''}))");

        Assert.That(known.Trim().Split(' ').Except(used), Is.Empty);
    }

    [Test]
    public void The_checker_of_ONNX_takes_those_that_are_meant_to_be_valid()
    {
        const string Script = """
            import glob, onnx, os, sys
            for path in sorted(glob.glob(sys.argv[1] + "/*.onnx")):
                try:
                    onnx.checker.check_model(path)
                except Exception as e:
                    print(os.path.basename(path), str(e).replace("\n", " ")[:200])
            """;
        var python = Python.Require("onnx");
        using var folder = new TemporaryFolder();
        Case[] valid = [.. Cases.Small.Where(c => c.IsValid == true && c.Opset <= LastOpsetOfChecker)];
        foreach (Case c in valid)
        {
            File.WriteAllBytes(folder[$"{c.Name.Replace('/', ' ')}.onnx"], c.Write());
        }

        Assert.That(valid, Is.Not.Empty);
        Assert.That(python.Run(Script, folder.Path), Is.Empty);
    }

    private static IEnumerable<NodeProto> Nodes(GraphProto? graph) =>
        graph is null ? [] : graph.Node.SelectMany(n => n.Attribute.SelectMany(a => Nodes(a.G)).Append(n));
}
