using System.Reflection;
using FsCheck;
using FsCheck.Fluent;
using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>What a plan is kept under: all that decides about it, and nothing else.</summary>
public sealed class CacheKeyTests
{
    /// <summary>What the device is decides, not its number.</summary>
    private static readonly string[] WithoutEffect = [nameof(EngineBuildOptions.Device)];

    private static IEnumerable<string> Properties => typeof(EngineBuildOptions).GetProperties().Select(p => p.Name);

    /// <summary>A property that is added to the options and not to the key fails here.</summary>
    [TestCaseSource(nameof(Properties))]
    public void Every_option_changes_the_key(string name)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a"], "a library, and another");
        PropertyInfo property = typeof(EngineBuildOptions).GetProperty(name)!;
        var defaults = new EngineBuildOptions();
        string[] keys = [.. OtherValues(property, property.GetValue(defaults), folder["a"]).Select(value =>
        {
            EngineBuildOptions changed = defaults with { };
            property.SetValue(changed, value);
            return Key(changed);
        }).Prepend(Key(defaults))];

        Assert.That(keys, Has.Length.GreaterThan(1), $"no other value of {name} is known here: add one");
        Assert.That(keys.Distinct().Count(), Is.EqualTo(WithoutEffect.Contains(name) ? 1 : keys.Length));
    }

    [Test]
    public void The_order_of_a_profiles_inputs_does_not_matter()
    {
        Gen<string[]> names = Gen.Choose(1, 6).SelectMany(count => Gen.Shuffle(new[] { "x", "y", "z", "1 x", "min", "a:b" }.Take(count)).Select(n => n.ToArray()));
        Prop.ForAll(names.ToArbitrary(), shuffled => KeyOf(shuffled) == KeyOf([.. shuffled.Order(StringComparer.Ordinal)])).QuickCheckThrowOnFailure();

        static string KeyOf(string[] names)
        {
            var profile = new OptimizationProfile();
            foreach (string name in names)
            {
                profile.Add(name, [1, name.Length], [2, name.Length], [4, name.Length]);
            }

            return Key(new EngineBuildOptions { Profiles = [profile] });
        }
    }

    /// <summary>Sessions choose a profile by its number: engines of another order are other engines.</summary>
    [Test]
    public void The_order_of_profiles_is_their_number()
    {
        var small = OptimizationProfile.Parse("x:1x4");
        var large = OptimizationProfile.Parse("x:8x4");
        Assert.That(Key(new EngineBuildOptions { Profiles = [small, large] }), Is.Not.EqualTo(Key(new EngineBuildOptions { Profiles = [large, small] })));
        Assert.That(Key(new EngineBuildOptions { Profiles = [small, large] }), Is.EqualTo(Key(new EngineBuildOptions { Profiles = [OptimizationProfile.Parse("x:1x4"), large] })));
    }

    [Test]
    public void Targets_are_a_set_and_layer_precisions_a_list()
    {
        IReadOnlyList<GpuTarget> targets = GpuTarget.Parse("t4,a10");
        Assert.That(Key(new EngineBuildOptions { Targets = [targets[1], targets[0], targets[1]] }), Is.EqualTo(Key(new EngineBuildOptions { Targets = targets })));

        LayerPrecision[] layers = [new("a*", Precision.Fp32), new("ab", Precision.Fp16)];
        EngineBuildOptions options = new() { PrecisionConstraints = PrecisionConstraints.Obey };
        Assert.That(Key(options with { LayerPrecisions = layers }), Is.Not.EqualTo(Key(options with { LayerPrecisions = [.. layers.Reverse()] })));
    }

    [Test]
    public void The_content_of_plugins_and_timing_cache_decides_and_not_their_place()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a"], "one");
        File.WriteAllText(folder["b"], "one");
        EngineBuildOptions Plugin(string name) => new() { PluginLibraries = [folder[name]] };
        EngineBuildOptions Timing(string name) => new() { TimingCachePath = folder[name] };
        Assert.That(Key(Plugin("a")), Is.EqualTo(Key(Plugin("b"))));
        Assert.That(Key(Timing("a")), Is.EqualTo(Key(Timing("b"))));
        string[] before = [Key(Plugin("b")), Key(Timing("b"))];
        File.WriteAllText(folder["b"], "two");
        Assert.That(new[] { Key(Plugin("b")), Key(Timing("b")) }, Has.None.AnyOf(before));
        Check.Throws<FileNotFoundException>(() => Key(Plugin("absent")), "absent");
    }

    [TestCase(7, 5, HardwareCompatibility.Same, "Some GPU, SM 7.5, 40 multiprocessors")]
    [TestCase(8, 6, HardwareCompatibility.Same, "Some GPU, SM 8.6, 40 multiprocessors")]
    [TestCase(8, 6, HardwareCompatibility.SameComputeCapability, "SM 8.6")]
    [TestCase(8, 6, HardwareCompatibility.AmperePlus, "Ampere or later")]
    [TestCase(7, 5, HardwareCompatibility.AmperePlus, "Some GPU, SM 7.5, 40 multiprocessors")]
    public void Of_the_device_counts_what_the_plan_is_bound_to(int major, int minor, HardwareCompatibility compatibility, string words) =>
        Assert.That(BuilderIngredients.Describe(new DeviceInfo(0, "Some GPU", new Version(major, minor), 1, 40, 1, 1, 1, 1, ""), compatibility), Is.EqualTo(words));

    [Test]
    public void Differences_are_told_in_words()
    {
        Assert.That(Words("TensorRT", "10.3.0.26", "10.4.0.26"), Is.EqualTo("TensorRT 10.4.0.26 instead of 10.3.0.26"));
        Assert.That(Words("profile x", "min=1x3,opt=4x3,max=4x3", "min=1x3,opt=4x3,max=8x3"), Is.EqualTo("profile x max 8x3 instead of 4x3"));
        Assert.That(Words("profile x", "min=1x3,opt=4x3,max=4x3", "min=2x3,opt=4x3,max=8x3"), Is.EqualTo("profile x min 2x3 instead of 1x3, profile x max 8x3 instead of 4x3"));
        Assert.That(Words("model", new string('a', 64), new string('b', 64)), Is.EqualTo("the content of the model (bbbbbbbbbbbb instead of aaaaaaaaaaaa)"));
        Assert.That(Words("layer precision 1", null, "'norm*' fp32"), Is.EqualTo("layer precision 1 'norm*' fp32, which there was none of"));
        Assert.That(Words("layer precision 1", "'norm*' fp32", null), Is.EqualTo("no layer precision 1, which was 'norm*' fp32"));
    }

    [Test]
    public void Weights_are_found_wherever_a_tensor_may_be()
    {
        TensorProto At(string location) => new()
        {
            DataLocation = TensorProto.Types.DataLocation.External,
            ExternalData = { new StringStringEntryProto { Key = "offset", Value = "0" }, new StringStringEntryProto { Key = "location", Value = location } },
        };
        var inner = new GraphProto { Initializer = { At("in a body"), new TensorProto { RawData = Google.Protobuf.ByteString.CopyFrom(new byte[100_000]) } } };
        var node = new NodeProto
        {
            Attribute =
            {
                new AttributeProto { Name = "t", T = At("in an attribute") },
                new AttributeProto { Name = "g", G = inner },
                new AttributeProto { Name = "several", Graphs = { new GraphProto { Node = { new NodeProto { Attribute = { new AttributeProto { T = At("deep") } } } } } } },
            },
        };
        var model = new ModelProto { Graph = new GraphProto { Node = { node }, Initializer = { At("weights"), At("weights") } } };
        using var folder = new TemporaryFolder();
        byte[] bytes = Google.Protobuf.MessageExtensions.ToByteArray(model);
        File.WriteAllBytes(folder["m"], bytes);

        Assert.That(ExternalDataScan.Find(folder["m"]), Is.EquivalentTo(new[] { "in an attribute", "in a body", "deep", "weights" }));

        // Damage never makes it throw or read on for ever.
        Prop.ForAll(Gen.Choose(0, bytes.Length - 1).Two().ToArbitrary(), damage =>
        {
            byte[] damaged = [.. bytes.AsSpan(0, damage.Item1)];
            if (damaged.Length > 0)
            {
                damaged[damage.Item2 % damaged.Length] ^= 0xff;
            }

            File.WriteAllBytes(folder["m"], damaged);
            return ExternalDataScan.Find(folder["m"]).Count <= 5;
        }).QuickCheckThrowOnFailure();
    }

    private static string Words(string name, string? was, string? now) => new CacheChange(name, was, now).ToString();

    private static string Key(EngineBuildOptions options)
    {
        var list = new IngredientList();
        OptionIngredients.Add(list, options);
        return list.Key;
    }

    private static IEnumerable<object?> OtherValues(PropertyInfo property, object? value, string file) => property.PropertyType switch
    {
        { } type when type == typeof(bool) => [!(bool)value!],
        { } type when type == typeof(int) => [(int)value! + 1],
        { } type when type == typeof(long) => [(long)value! + 1],
        { } type when type == typeof(int?) => [1, 2],
        { } type when type == typeof(string) => [file, $"{file}, which is not there"],
        { IsEnum: true } type => Enum.GetValues(type).Cast<object>().Where(v => !v.Equals(value)),
        { } type when Nullable.GetUnderlyingType(type) is { IsEnum: true } inner => Enum.GetValues(inner).Cast<object>(),
        { } type when type == typeof(IReadOnlyList<OptimizationProfile>) =>
            [new[] { TestModels.AddOneProfile }, new[] { TestModels.AddOneProfile, TestModels.AddOneProfile }, new[] { OptimizationProfile.Parse("x:1x4") }],
        { } type when type == typeof(IReadOnlyList<GpuTarget>) => [GpuTarget.Parse("t4"), GpuTarget.Parse("a10"), GpuTarget.All],
        { } type when type == typeof(IReadOnlyList<LayerPrecision>) =>
            [new[] { new LayerPrecision("a", Precision.Fp16) }, new[] { new LayerPrecision("a", Precision.Fp32) }, new[] { new LayerPrecision("b", Precision.Fp16) }],
        { } type when type == typeof(IReadOnlyList<string>) => [new[] { file }, new[] { file, file }],
        _ => [],
    };
}
