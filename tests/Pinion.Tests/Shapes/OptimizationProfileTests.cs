using FsCheck;
using FsCheck.Fluent;

namespace Pinion.Tests;

public sealed class OptimizationProfileTests
{
    [Test]
    public void Text_of_one_input_is_read()
    {
        var profile = OptimizationProfile.Parse("x:min=1x3x48x192,opt=4x3x48x320,max=8x3x48x640");

        Assert.That(profile.Inputs.Keys, Is.EqualTo(new[] { "x" }));
        Assert.That(profile.Inputs["x"], Is.EqualTo(new ShapeRange([1, 3, 48, 192], [4, 3, 48, 320], [8, 3, 48, 640])));
    }

    [TestCase("a:min=1,opt=2,max=3 b:min=4,opt=5,max=6")]
    [TestCase("a:min=1,opt=2,max=3;b:min=4,opt=5,max=6")]
    [TestCase(" b:max=6,min=4,opt=5 ;  a:opt=2,min=1,max=3 ")]
    public void Several_inputs_are_separated_by_spaces_or_semicolons(string text)
    {
        var profile = OptimizationProfile.Parse(text);

        Assert.That(profile.Inputs, Has.Count.EqualTo(2));
        Assert.That(profile.Inputs["a"], Is.EqualTo(new ShapeRange([1], [2], [3])));
        Assert.That(profile.Inputs["b"], Is.EqualTo(new ShapeRange([4], [5], [6])));
    }

    [Test]
    public void A_range_covers_shapes_dimension_by_dimension()
    {
        Assert.That(ShapeRange.Covering([[2, 8], [1, 9], [4, 3]]), Is.EqualTo(new ShapeRange([1, 3], [4, 9], [4, 9])));
        Assert.That(ShapeRange.Covering([TensorShape.Create([])]), Is.EqualTo(new ShapeRange(TensorShape.Create([]), TensorShape.Create([]), TensorShape.Create([]))));
        Assert.That(() => ShapeRange.Covering([]), Throws.ArgumentException.With.Message.Contains("no shape"));
        Assert.That(() => ShapeRange.Covering([[2, 8], [2]]), Throws.ArgumentException.With.Message.Contains("2x8, 2"));
    }

    [Test]
    public void One_shape_stands_for_all_three() =>
        Assert.That(OptimizationProfile.Parse("x:1x4").Inputs["x"], Is.EqualTo(new ShapeRange([1, 4], [1, 4], [1, 4])));

    [Test]
    public void Names_may_hold_colons() =>
        Assert.That(OptimizationProfile.Parse("scope/input:0:min=1,opt=1,max=2").Inputs.Keys, Is.EqualTo(new[] { "scope/input:0" }));

    [Test]
    public void What_is_written_is_what_is_read()
    {
        const string Text = "a:min=1x2,opt=2x2,max=3x2 b:min=4,opt=5,max=6";

        Assert.That(OptimizationProfile.Parse(Text).ToString(), Is.EqualTo(Text));
    }

    [Test]
    public void Any_profile_comes_back_as_it_was()
    {
        Gen<string> names = Gen.Elements('x', 'y', ':', '/', ' ', ',', ';', '=', '\'', '\t', '0', '.').ArrayOf().Where(c => c.Length > 0).Select(c => new string(c));
        Gen<ShapeRange> ranges =
            from rank in Gen.Choose(0, TensorShape.MaxRank)
            from min in Gen.Choose(0, 9).Select(d => (long)d).ArrayOf(rank)
            from steps in Gen.Choose(0, 9).Select(d => (long)d).ArrayOf(2 * rank)
            let opt = min.Select((d, i) => d + steps[i]).ToArray()
            let max = opt.Select((d, i) => d + steps[rank + i]).ToArray()
            select new ShapeRange(min, opt, max);
        Gen<(string Name, ShapeRange Range)[]> profiles = (from name in names from range in ranges select (name, range)).ArrayOf().Where(p => p.Length > 0);
        Prop.ForAll(profiles.ToArbitrary(), inputs =>
        {
            var profile = new OptimizationProfile();
            foreach ((string name, ShapeRange range) in inputs.DistinctBy(i => i.Name))
            {
                profile.Add(name, range.Min, range.Opt, range.Max);
            }

            Assert.That(OptimizationProfile.Parse(profile.ToString()).Inputs, Is.EquivalentTo(profile.Inputs), profile.ToString());
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void A_missing_opt_is_max_and_a_missing_min_is_opt() =>
        Assert.That(OptimizationProfile.Parse("x:max=4; y:min=1, max=2").ToString(), Is.EqualTo("x:min=4,opt=4,max=4 y:min=1,opt=2,max=2"));

    [TestCase("")]
    [TestCase("x")]
    [TestCase("x:")]
    [TestCase("x:min=1,opt=2")]
    [TestCase("x:min=1,opt=2,opt=3")]
    [TestCase("x:min=1,opt=2,max=a")]
    [TestCase("x:min=1,opt=2,max=3,")]
    [TestCase(":min=1,opt=2,max=3")]
    public void What_is_no_profile_is_refused(string text) =>
        Check.Throws<FormatException>(() => OptimizationProfile.Parse(text), "no optimization profile");

    [TestCase("x:min=4,opt=2,max=8", "dimension 0")]
    [TestCase("x:min=1x4,opt=2x4,max=8x3", "dimension 1")]
    [TestCase("x:min=-1,opt=2,max=8", "dimension 0")]
    [TestCase("x:min=1,opt=2x2,max=8", "ranks")]
    [TestCase("x:1 x:2", "already")]
    public void An_inconsistent_profile_names_its_input(string text, string reason) =>
        Check.Throws<FormatException>(() => OptimizationProfile.Parse(text), "'x'", reason);

    [Test]
    public void Add_refuses_the_same_things()
    {
        var profile = new OptimizationProfile();

        Check.Throws<ArgumentException>(() => profile.Add("x", [4], [2], [8]), "'x'", "min=4");
        Check.Throws<ArgumentException>(() => profile.Add("", [1], [1], [1]));
        Assert.That(profile.Inputs, Is.Empty);
    }

    [Test]
    public void A_range_knows_what_it_contains()
    {
        var range = new ShapeRange([1, 3], [4, 3], [8, 5]);

        Assert.That(range.Contains([8, 4]), Is.True);
        Assert.That(range.Contains([9, 4]), Is.False);
        Assert.That(range.Contains([0, 4]), Is.False);
        Assert.That(range.Contains([4]), Is.False);
    }
}
