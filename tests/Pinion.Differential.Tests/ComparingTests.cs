namespace Pinion.Differential.Tests;

/// <summary>What counts as a difference, and the table of those that are known.</summary>
public sealed class ComparingTests
{
    private static readonly Answer Accepted = new(Verdict.Accepted, "", ["x Float32 2"], ["y Float32 2"]);
    private static readonly Answer Refused = Answer.Without(Verdict.Parse, "Parse: cannot parse 'model.onnx': node 3 'conv' (Conv): wrong");

    private static readonly object[] Pairs =
    [
        new object?[] { Accepted, Accepted, null },
        new object[] { Accepted, Refused, "accepted/parse" },
        new object[] { Refused, Answer.Without(Verdict.Crashed, "exit code 139"), "parse/crashed" },
        new object?[] { Refused, Refused with { Message = "Parse: node 3 'conv' (Conv): in other words" }, null },
        new object[] { Refused, Refused with { Message = "Parse: node 4 'conv' (Conv): wrong" }, "node" },
        new object[] { Refused, Refused with { Message = "Parse: wrong" }, "node" },
        new object[] { Accepted, Accepted with { Inputs = ["x Float32 -1"] }, "inputs" },
        new object[] { Accepted, Accepted with { Outputs = [] }, "outputs" },
    ];

    private static DifferenceTable Table(params string[] rows) => new("rtx-1.6.1", ["# a comment", "held-out\t12.5", .. rows]);

    private static Difference DifferenceOf(string name) => Difference.Between(name, Accepted, Refused)!;

    [TestCaseSource(nameof(Pairs))]
    public void A_difference_is_one_of_verdict_node_inputs_or_outputs(object nvidia, object host, string? what) =>
        Assert.That(Difference.Between("abs/opset13/basic", (Answer)nvidia, (Answer)host)?.What, Is.EqualTo(what));

    [Test]
    public void A_row_is_for_the_cases_that_its_patterns_name_and_for_its_level()
    {
        DifferenceTable table = Table("abs/* add/*/basic\taccepted/parse\t*\tmeant\tso it is", "sub/*\taccepted/parse\trtx-9.9\tto-mend\tlater");

        Assert.That(table.HeldOutAtLeast, Is.EqualTo(12.5));
        Assert.That(table.Find(DifferenceOf("abs/opset13/cube")), Has.Property(nameof(DifferenceRow.IsMeant)).True);
        Assert.That(table.Find(DifferenceOf("add/opset13/basic")), Is.Not.Null);
        Assert.That(table.Find(DifferenceOf("add/opset13/cube")), Is.Null);
        Assert.That(table.Find(DifferenceOf("sub/opset13/basic")), Is.Null, "another level's");
        Assert.That(table.Find(Difference.Between("abs/opset13/basic", Refused, Accepted)!), Is.Null, "another difference");
    }

    [TestCase("abs/*\taccepted/parse\t*\tmeant")]
    [TestCase("abs/*\taccepted/parse\t*\tmeant\t")]
    [TestCase("abs/*\taccepted/parse\t*\tperhaps\twhy not")]
    [TestCase("abs/*\taccepted/parse\t*\tchance\tof one difference")]
    public void A_row_without_a_reason_is_no_row(string row) => Assert.That(() => Table(row), Throws.TypeOf<FormatException>().With.Message.Contains("abs/*"));

    [Test]
    public void A_case_of_chance_is_neither_an_agreement_nor_a_difference_and_its_row_needs_no_match()
    {
        string[] names = ["abs/opset11/basic", "abs/opset13/basic", "abs/opset13/cube", "add/opset11/basic", "add/opset13/basic", "sub/opset11/basic", "sub/opset13/basic", "sub/opset13/cube"];
        Case[] cases = [.. names.Select(n => new Case(n, 13, null, () => (byte[])[]))];
        DifferenceTable table = Table("sub/* mul/*\t*\t*\tchance\tof its memory", "cos/*\t*\t*\tchance\tno case at all");
        Answer[] host = [.. names.Select(n => n.StartsWith("sub/", StringComparison.Ordinal) ? Refused : Accepted)];

        var comparison = new Comparison(cases, [.. cases.Select(_ => Accepted)], host, table);

        Assert.That(comparison.Differences, Is.Empty);
        Assert.That(comparison.Cases.Select(c => c.Name), Is.EqualTo(names.Where(n => !n.StartsWith("sub/", StringComparison.Ordinal))));
        Assert.That(table.Rows, Is.Empty, "rows that must match");
        Assert.That(ProposedTable.Lines(comparison, table).Where(l => l.Contains("\tchance\t")), Has.Exactly(2).Items, "it is kept");
    }

    [Test]
    public void Chance_is_what_is_answered_otherwise_when_memory_is_filled_otherwise()
    {
        string[] names = ["abs/opset11/basic", "abs/opset13/basic", "add/opset11/basic", "add/opset13/basic"];
        Case[] cases = [.. names.Select(n => new Case(n, 13, null, () => (byte[])[]))];
        var late = Answer.Without(Verdict.TimedOut, "too late");

        IEnumerable<string> rows = ProposedTable.Chances(cases, [[Accepted, Accepted, Accepted, late], [Accepted, Refused, Accepted, Accepted]], "rtx-1.6.1");

        Assert.That(rows, Has.Exactly(1).Items.And.All.StartsWith("abs/opset13/basic\t*\trtx-1.6.1\tchance\t"));
    }

    [Test]
    public void A_proposal_keeps_what_is_meant_and_names_the_rest_by_patterns_that_match_nothing_else()
    {
        string[] names = ["abs/opset11/basic", "abs/opset13/basic", "abs/opset13/cube", "add/opset11/basic", "add/opset13/basic", "sub/opset11/basic", "sub/opset13/basic", "sub/opset13/cube"];
        string[] alike = ["abs/opset13/cube", "sub/opset11/basic"];
        Case[] cases = [.. names.Select(n => new Case(n, 13, null, () => (byte[])[])).Where(c => !c.IsHeldOut)];
        DifferenceTable table = Table("add/*\taccepted/parse\t*\tmeant\tso it is", "abs/opset99/*\taccepted/parse\t*\tto-mend\tmended since");
        Answer[] host = [.. cases.Select(c => alike.Contains(c.Name) ? Accepted : Refused)];

        string[] lines = [.. ProposedTable.Lines(new Comparison(cases, [.. cases.Select(_ => Accepted)], host, table), table)];

        Assert.That(lines, Does.Contain("add/*\taccepted/parse\t*\tmeant\tso it is"));
        Assert.That(lines.Where(l => l.Contains("mended since")), Is.Empty);
        var proposed = new DifferenceTable("rtx-1.6.1", lines);
        Assert.That(cases.Where(c => !c.Name.StartsWith("add/", StringComparison.Ordinal) && proposed.Find(DifferenceOf(c.Name)) is not null).Select(c => c.Name), Is.EqualTo(cases.Select(c => c.Name).Where(n => !n.StartsWith("add/", StringComparison.Ordinal)).Except(alike)));
    }

    [Test]
    public void A_number_makes_the_same_mutant_each_time()
    {
        const int Count = 300;
        int[] seeds = [.. Enumerable.Range(1, Count)];

        Assert.That(seeds.Where(s => !Mutants.Make(s).Write().AsSpan().SequenceEqual(Mutants.Make(s).Write())), Is.Empty);
        Assert.That(seeds.Select(s => Convert.ToHexString(Mutants.Make(s).Write())).Distinct().Count(), Is.GreaterThan(Count * 9 / 10));
    }
}
