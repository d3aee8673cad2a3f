using NUnit.Framework;
using Pinion.Onnx;

namespace Pinion.Zoo.Tests;

/// <summary>Networks layer by layer and stage by stage.</summary>
[TestFixture]
public sealed class DescriptionTests
{
    private static IEnumerable<string> Names => ZooCatalog.Models.Select(m => m.Name);

    [TestCaseSource(nameof(Names))]
    public void Layers_and_stages_add_up_to_the_whole(string name)
    {
        var description = ZooDescription.Of(name);
        OnnxModelReport counts = description.Counts;
        Assert.That(description.Layers.Sum(l => l.Parameters), Is.EqualTo(counts.State));
        Assert.That(description.Stages.Sum(s => s.Parameters), Is.EqualTo(counts.State));
        Assert.That(description.Layers.Sum(l => l.Macs.Total), Is.EqualTo(counts.Macs.Total));
        Assert.That(description.Stages.Sum(s => s.Layers), Is.EqualTo(description.Layers.Count));
        Assert.That(description.Layers.Select(l => l.Stage), Has.None.Empty);
        int Kinds(LayerKind kind) => description.Layers.Count(l => l.Kind == kind);
        Assert.That(Kinds(LayerKind.Convolution) + Kinds(LayerKind.GroupedConvolution), Is.EqualTo(counts.Layers.Convolutions));
        Assert.That(Kinds(LayerKind.GroupedConvolution), Is.EqualTo(counts.Layers.GroupedConvolutions));
        Assert.That(Kinds(LayerKind.BatchNorm), Is.EqualTo(counts.Layers.BatchNorms));
        Assert.That(Kinds(LayerKind.LayerNorm), Is.EqualTo(counts.Layers.LayerNorms));
        Assert.That(Kinds(LayerKind.Linear), Is.EqualTo(counts.Layers.Linears));
        Assert.That(Kinds(LayerKind.Attention), Is.EqualTo(counts.Layers.Softmaxes - 1));
    }

    [TestCase("pcpvt_small", "stage 1 [1,3136,64]", "stage 2 [1,784,128]", "stage 3 [1,196,320]", "stage 4 [1,49,512]", "head [1,1000]")]
    [TestCase("alt_gvt_base", "stage 1 [1,3136,96]", "stage 2 [1,784,192]", "stage 3 [1,196,384]", "stage 4 [1,49,768]", "head [1,1000]")]
    [TestCase(
        "Res2Net50_26w_4s", "stem [1,64,56,56]", "stage 1 [1,256,56,56]", "stage 2 [1,512,28,28]", "stage 3 [1,1024,14,14]", "stage 4 [1,2048,7,7]", "head [1,1000]")]
    [TestCase(
        "DPN68", "stem [1,10,56,56]", "stage 1 [1,144,56,56]", "stage 2 [1,320,28,28]", "stage 3 [1,704,14,14]", "stage 4 [1,832,7,7]", "head [1,1000]")]
    public void Stages_have_the_shapes_of_the_paper(string name, params string[] stages) => Assert.That(
        ZooDescription.Of(name).Stages.Select(s => $"{s.Name} [{string.Join(',', s.OutputShape)}]"),
        Is.EqualTo(stages));

    [Test]
    public void Tnt_is_shown_block_by_block()
    {
        IReadOnlyList<ZooStage> stages = ZooDescription.Of("TNT_small").Stages;
        Assert.That(stages.Select(s => s.Name), Is.EqualTo(new[] { "embedding" }.Concat(Enumerable.Range(1, 12).Select(i => $"block {i}")).Append("head")));
        Assert.That(stages[3].OutputShape, Is.EqualTo(new[] { 1, 197, 384 }));
        Assert.That(stages.Skip(1).Take(12).Select(s => s.Macs).Distinct().ToArray(), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_layer_is_named_after_its_weights()
    {
        IReadOnlyList<ZooLayer> layers = ZooDescription.Of("alt_gvt_small").Layers;
        ZooLayer qkv = layers.Single(l => l.Name == "blocks.0.0.attn.qkv");
        Assert.That(qkv, Is.EqualTo(new ZooLayer("blocks.0.0.attn.qkv", LayerKind.Linear, "stage 1", qkv.OutputShape, (64 * 192) + 192, new OnnxMacs(0, 3136L * 64 * 192, 0))));
        Assert.That(qkv.OutputShape, Is.EqualTo(new[] { 64, 49, 192 }));
        ZooLayer attention = layers.First(l => l.Kind == LayerKind.Attention);
        Assert.That(attention.Macs, Is.EqualTo(new OnnxMacs(0, 0, 2L * 3136 * 49 * 64)));
    }
}
