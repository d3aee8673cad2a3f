using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>diff: how two plans differ.</summary>
public sealed class DiffTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Workbench.NewFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void A_plan_is_the_same_as_itself()
    {
        CliResult same = Cli.Run("diff", Workbench.AddOnePlan, Workbench.AddOnePlan, "--fail-on-difference").Exits(0);
        Assert.That(same.Output, Does.StartWith($"{Workbench.AddOnePlan} and {Workbench.AddOnePlan} are the same, byte for byte"));
        JsonElement json = Cli.Run("diff", Workbench.AddOnePlan, Workbench.AddOnePlan, "--json").Exits(0).Json();
        Assert.That(json.GetProperty("equal").GetBoolean(), Is.True);
        Assert.That(json.GetProperty("identical").GetBoolean(), Is.True);
    }

    [Test]
    public void What_differs_is_in_a_table_and_fails_only_where_that_is_asked_for()
    {
        string other = Build("other.plan", "--profile", "x:min=1x4,opt=2x4,max=8x4", "--profile-copies", "2", "--tf32");
        CliResult result = Cli.Run("diff", Workbench.AddOnePlan, other).Exits(0);

        Assert.That(result.Output, Does.Match(@"(?m)^what +of +property +addone\.plan +other\.plan *$"));
        Assert.That(result.Output, Does.Match(@"(?m)^option +options +tf32 +False +True *$"));
        Assert.That(result.Output, Does.Match(@"(?m)^profile +profile 0 x +opt +4x4 +2x4 *$"));
        Assert.That(result.Output, Does.Match(@"differ in \d+ points? \(.*option 1, .*profile \d+.*\)"));
        Assert.That(Cli.Run("diff", Workbench.AddOnePlan, other, "--fail-on-difference").ExitCode, Is.EqualTo(1));

        JsonElement json = Cli.Run("diff", Workbench.AddOnePlan, other, "--json").Exits(0).Json();
        JsonElement option = json.GetProperty("differences").EnumerateArray().Single(d => d.GetProperty("what").GetString() == "option");
        Assert.That(option.GetRawText().ReplaceLineEndings("").Replace(" ", ""), Is.EqualTo("""{"what":"option","of":"options","property":"tf32","first":"False","second":"True"}"""));
        Assert.That(json.GetProperty("equal").GetBoolean(), Is.False);
    }

    [Test]
    public void What_is_no_plan_is_refused()
    {
        File.WriteAllText(_folder["garbage.plan"], "no plan at all");
        Cli.Run("diff", Workbench.AddOnePlan, _folder["absent.plan"]).Fails(1, "absent.plan does not exist");
        Cli.Run("diff", _folder.Path, Workbench.AddOnePlan).Fails(1, "is a folder; give a file");
        Cli.Run("diff", Workbench.AddOne, Workbench.AddOnePlan).Fails(2, "addone.onnx is a model; plans are compared");
        Cli.Run("diff", Workbench.AddOnePlan).Fails(2, "OTHER");
    }

    private string Build(string name, params string[] options)
    {
        Cli.Run(["build", Workbench.AddOne, "-o", _folder[name], .. options]).Exits(0);
        return _folder[name];
    }
}
