namespace Pinion.Benchmarking.Tests;

public sealed class ShapeRequestTests
{
    private static readonly TensorInfo Image = new("x", TensorMode.Input, TensorDataType.Float32, new long[] { -1, 3, 48, -1 });
    private static readonly TensorInfo Static = new("s", TensorMode.Input, TensorDataType.Float32, new long[] { 2, 3 });
    private static readonly TensorInfo Batched = new("b", TensorMode.Input, TensorDataType.Float32, new long[] { -1, 4 });

    [Test]
    public void Models_take_shapes_and_batches()
    {
        IReadOnlyList<EngineShapes> variants = Request("x:1x3x48x320", 1, 4, 8).ForModel([Image]);
        Assert.That(variants.Select(v => (v.Batch, $"{v}")), Is.EqualTo([(1, "x:1x3x48x320"), (4, "x:4x3x48x320"), (8, "x:8x3x48x320")]));
        OptimizationProfile profile = ShapeRequest.DeriveProfile([Image], variants)!;
        Assert.That(profile.Inputs["x"].ToString(), Is.EqualTo("min=1x3x48x320,opt=8x3x48x320,max=8x3x48x320"));
    }

    [Test]
    public void Models_run_with_batch_one_by_themselves()
    {
        Assert.That(Request(null).ForModel([Batched])[0].ToString(), Is.EqualTo("b:1x4"));
        EngineShapes variant = Request(null).ForModel([Static])[0];
        Assert.That(($"{variant}", variant.Batch), Is.EqualTo(("s:2x3", 2)));
        Assert.That(ShapeRequest.DeriveProfile([Static], [variant]), Is.Null);
    }

    [Test]
    public void A_shape_without_a_name_is_the_only_inputs()
    {
        Assert.That(Request("5x4").ForModel([Batched])[0].ToString(), Is.EqualTo("b:5x4"));
        Refused(() => Request("5x4").ForModel([Batched, Image]), "names no input");
    }

    [Test]
    public void Other_dynamic_dimensions_must_be_given()
    {
        Refused(() => Request(null).ForModel([Image]), "dimension 3 is dynamic", "--shapes x:1x3x48x224");
        Assert.That(Request(null).ForModel([Image], fillMissing: true)[0].ToString(), Is.EqualTo("x:1x3x48x1"));
    }

    [Test]
    public void Shapes_must_fit_the_model()
    {
        Refused(() => Request("x:1x4x48x320").ForModel([Image]), "dimension 1 is 4", "allows 3", "fixed in the model");
        Refused(() => Request("x:1x3x48").ForModel([Image]), "has 4 dimensions");
        Refused(() => Request("y:1x3x48x320").ForModel([Image]), "no input 'y'");
        Refused(() => Request("imag:1", 1).ForModel([Image with { Name = "image" }]), "Did you mean 'image'?");
    }

    [Test]
    public void A_batch_needs_a_dynamic_first_dimension()
    {
        Refused(() => Request(null, 4).ForModel([Static]), "--batch 4", "'s' is 2x3");
        Assert.That(Request(null, 2).ForModel([Static])[0].ToString(), Is.EqualTo("s:2x3"));
        Assert.That(Request(null, 4).ForModel([Static, Batched])[0].ToString(), Is.EqualTo("s:2x3, b:4x4"));
    }

    [Test]
    public void Engines_run_the_opt_shapes_by_themselves()
    {
        EngineShapes variant = Request(null).ForEngine([Image], [Profile(1, 4, 8)])[0];
        Assert.That(($"{variant}", variant.Batch, variant.Profile), Is.EqualTo(("x:4x3x48x320", 4, 0)));
    }

    [Test]
    public void Engines_take_the_first_profile_that_holds_the_shapes()
    {
        ProfileInfo[] profiles = [Profile(1, 1, 1), Profile(2, 4, 8), Profile(4, 8, 16)];
        Assert.That(Request(null, 1, 4, 16).ForEngine([Image], profiles).Select(v => v.Profile), Is.EqualTo([0, 1, 2]));
        Assert.That((Request(null, 4) with { Profile = 2 }).ForEngine([Image], profiles)[0].Profile, Is.EqualTo(2));
    }

    [Test]
    public void Shapes_outside_a_profile_are_refused_with_the_limits()
    {
        Refused(() => Request(null, 16).ForEngine([Image], [Profile(1, 4, 8)]), "16x3x48x320", "dimension 0 is 16", "allows 1 to 8", "wider profile");
        Refused(() => Request(null, 99).ForEngine([Image], [Profile(1, 4, 8), Profile(1, 1, 1)]), "The other profile does not hold it either.");
        Refused(() => Request(null, 99).ForEngine([Image], [Profile(1, 4, 8), Profile(1, 1, 1), Profile(2, 2, 2)]), "None of the other 2 profiles");
        Refused(() => (Request(null, 4) with { Profile = 0 }).ForEngine([Image], [Profile(1, 1, 1), Profile(4, 4, 4)]), "profile 0", "allows 1.");
        Refused(() => (Request(null) with { Profile = 2 }).ForEngine([Image], [Profile(1, 1, 1)]), "--profile-index 2", "1 profile");
    }

    /// <summary>The names of the command line, which messages have to suit as well.</summary>
    private static string OptionOf(BenchmarkSetting setting) => setting switch
    {
        BenchmarkSetting.Shapes => "--shapes",
        BenchmarkSetting.Batches => "--batch",
        BenchmarkSetting.Profile => "--profile-index",
        _ => setting.ToString(),
    };

    private static ProfileInfo Profile(int min, int opt, int max) => new(new Dictionary<string, ShapeRange>
    {
        ["x"] = new(new long[] { min, 3, 48, 320 }, new long[] { opt, 3, 48, 320 }, new long[] { max, 3, 48, 320 }),
    });

    private static ShapeRequest Request(string? shapes, params int[] batches) => new(shapes is null ? [] : ShapeGrammar.ParseList(shapes, rest => new FormatException(rest)), batches);

    private static void Refused(Action action, params string[] words)
    {
        string message = Assert.Throws<BenchmarkSettingException>(() => action())!.Describe(OptionOf);
        foreach (string word in words)
        {
            Assert.That(message, Does.Contain(word));
        }
    }
}
