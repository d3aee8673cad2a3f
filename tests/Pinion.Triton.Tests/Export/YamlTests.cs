namespace Pinion.Triton.Tests;

public sealed class YamlTests
{
    [TestCase("plain", "plain")]
    [TestCase("/v2/health/ready", "/v2/health/ready")]
    [TestCase("nvidia.com/gpu", "nvidia.com/gpu")]
    [TestCase("true", "\"true\"")]
    [TestCase("No", "\"No\"")]
    [TestCase("null", "\"null\"")]
    [TestCase("1", "\"1\"")]
    [TestCase("0x10", "\"0x10\"")]
    [TestCase("4Gi", "\"4Gi\"")]
    [TestCase("a: b", "\"a: b\"")]
    [TestCase("a #b", "\"a #b\"")]
    [TestCase("- x", "\"- x\"")]
    [TestCase("", "\"\"")]
    [TestCase("~", "\"~\"")]
    [TestCase("a\"b\\c\n\t", "\"a\\\"b\\\\c\\n\\t\"")]
    [TestCase("image:tag", "\"image:tag\"")]
    public void Strings_are_quoted_unless_nothing_else_is_meant(string value, string written) =>
        Assert.That(Yaml.Write(new YamlMap { { "k", value } }), Is.EqualTo($"k: {written}\n"));

    [Test]
    public void Maps_lists_and_documents_nest()
    {
        var map = new YamlMap
        {
            { "a", new YamlMap { { "b", 1 }, { "none", null } } },
            { "list", (object[])[new YamlMap { { "x", true }, { "w", (object[])["z", 2] } }, "s"] },
            { "empty", new YamlMap() },
            { "nothing", Array.Empty<object>() },
        };
        Assert.That(Yaml.Write(map, new YamlMap { { "k", -3L } }), Is.EqualTo(
            "a:\n  b: 1\nlist:\n- x: true\n  w:\n  - z\n  - 2\n- s\nempty: {}\nnothing: []\n---\nk: -3\n"));
    }

    [Test]
    public void Other_values_are_not_written() => Assert.That(() => Yaml.Write(new YamlMap { { "k", 1.5 } }), Throws.ArgumentException);
}
