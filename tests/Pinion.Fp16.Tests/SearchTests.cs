using FsCheck;
using FsCheck.Fluent;

namespace Pinion.Fp16.Tests;

public sealed class SearchTests
{
    [Test]
    public void Exactly_what_is_needed_is_found()
    {
        Prop.ForAll(Gen.Choose(1, 60).SelectMany(n => Gen.Choose(0, n - 1).ListOf().Select(needed => (n, needed))).ToArbitrary(), given =>
        {
            string[] suspects = [.. Enumerable.Range(0, given.n).Select(i => $"s{i}")];
            var needed = given.needed.Select(i => suspects[i]).ToHashSet();
            var search = new SuspectSearch(needed.IsSubsetOf, maxTrials: 10_000);
            IReadOnlyList<string>? found = search.Find([suspects]);
            // The search begins when nothing does not suffice.
            return needed.Count == 0 || (found is not null && needed.SetEquals(found) && !search.IsCutShort);
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void Few_of_many_take_few_trials()
    {
        string[] suspects = [.. Enumerable.Range(0, 1000).Select(i => $"s{i}")];
        var search = new SuspectSearch(kept => kept.Contains("s3") && kept.Contains("s4"), maxTrials: 64);
        Assert.That(search.Find([suspects]), Is.EquivalentTo(new[] { "s3", "s4" }));
        Assert.That(search.Trials, Is.LessThan(30));
    }

    [Test]
    public void Tiers_are_added_one_after_the_other()
    {
        var tried = new List<int>();
        var search = new SuspectSearch(
            kept =>
            {
                tried.Add(kept.Count);
                return kept.Contains("c");
            },
            maxTrials: 64);
        Assert.That(search.Find([["a"], [], ["a", "b"], ["c", "d"], ["never"]]), Is.EqualTo(new[] { "c" }));
        Assert.That(tried[..3], Is.EqualTo(new[] { 1, 2, 4 }));
    }

    [Test]
    public void Nothing_is_found_where_not_all_suffice()
    {
        var search = new SuspectSearch(_ => false, maxTrials: 64);
        Assert.That(search.Find([["a"], ["b"]]), Is.Null);
        Assert.That(search.Trials, Is.EqualTo(2));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(5)]
    public void No_more_sets_are_tried_than_allowed_and_the_best_that_passed_stands(int most)
    {
        string[] suspects = [.. Enumerable.Range(0, 100).Select(i => $"s{i}")];
        var passed = new List<int>();
        var search = new SuspectSearch(
            kept =>
            {
                bool passes = kept.Contains("s7") && kept.Contains("s40");
                passed.AddRange(passes ? [kept.Count] : []);
                return passes;
            },
            most);
        IReadOnlyList<string> found = search.Find([suspects])!;
        Assert.That((search.Trials, search.IsCutShort, found.Count), Is.EqualTo((most, true, passed.Min())));
        Assert.That(found, Does.Contain("s7").And.Contain("s40"));
    }

    /// <summary>Where more nodes are no better than fewer, what is given passed all the same.</summary>
    [Test]
    public void What_is_found_was_tried()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            string[] suspects = [.. Enumerable.Range(0, 20).Select(i => $"s{i}")];
            var passed = new HashSet<string>();
            var search = new SuspectSearch(
                kept =>
                {
                    bool passes = kept.Count == suspects.Length || random.Next(3) == 0;
                    if (passes)
                    {
                        passed.Add(string.Join(' ', kept.Order()));
                    }

                    return passes;
                },
                maxTrials: 1000);
            return passed.Count == 0 && search.Find([suspects]) is { } found && passed.Contains(string.Join(' ', found.Order()));
        }).QuickCheckThrowOnFailure();
    }
}
