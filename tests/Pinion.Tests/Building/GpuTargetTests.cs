namespace Pinion.Tests;

public sealed class GpuTargetTests
{
    [TestCase("t4", "sm75")]
    [TestCase("A10,l4", "sm86 sm89")]
    [TestCase("l40s, sm80 ,rtx-5090", "sm80 sm89 sm120")]
    [TestCase("rtx-3090,a10,sm86", "sm86")]
    [TestCase("all", "sm75 sm80 sm86 sm89 sm120 sm121")]
    public void Names_become_targets_each_once_and_in_order(string text, string names) =>
        Assert.That(string.Join(' ', GpuTarget.Parse(text).Select(t => t.Name)), Is.EqualTo(names));

    [TestCase("v100", "Target 'v100' is Volta", "TensorRT 8.0 to 10.4")]
    [TestCase("sm90", "Hopper", "TensorRT 8.6 and later builds for it on the GPU itself")]
    [TestCase("a10,H200", "Target 'h200' is Hopper")]
    [TestCase("b200", "Blackwell of the data center")]
    [TestCase("p4", "Pascal")]
    [TestCase("orin", "Jetson")]
    [TestCase("rtx4090", "Did you mean 'rtx-4090'?")]
    [TestCase("a10,", "Target '' is unknown")]
    [TestCase("sm8.6", "Did you mean 'sm86'?", "or all")]
    [TestCase("all,t4", "nothing can stand beside it")]
    public void What_cannot_be_built_for_is_refused_with_the_reason_and_the_way_out(string text, params string[] parts)
    {
        FormatException e = Assert.Throws<FormatException>(() => GpuTarget.Parse(text))!;
        foreach (string part in parts)
        {
            Assert.That(e.Message, Does.Contain(part));
        }
    }

    [Test]
    public void Every_name_belongs_to_one_target()
    {
        string[] names = [.. GpuTarget.All.SelectMany(t => t.Gpus.Prepend(t.Name))];

        Assert.That(names, Is.Unique.And.All.Match("^[a-z0-9-]+$"));
        Assert.That(names.Select(n => GpuTarget.Parse(n).Single()), Is.EqualTo(GpuTarget.All.SelectMany(t => Enumerable.Repeat(t, t.Gpus.Count + 1))));
    }
}
