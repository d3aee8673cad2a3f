namespace Pinion.Cli.Tests;

public sealed class BuildPhasesTests
{
    [Test]
    public void The_innermost_phase_that_is_not_finished_is_shown()
    {
        var phases = new BuildPhases();

        Assert.That(phases.Current, Is.Empty);
        Assert.That(After(phases, ("parse", "", 0, 1)), Is.EqualTo("parse"));
        Assert.That(After(phases, ("parse", "", 1, 1)), Is.Empty);
        Assert.That(After(phases, ("build", "", 0, 1)), Is.EqualTo("build"));
        Assert.That(After(phases, ("Building", "build", 0, 4)), Is.EqualTo("Building 0/4"));
        Assert.That(After(phases, ("Fusing", "Building", 0, 2)), Is.EqualTo("Fusing 0/2"));
        Assert.That(After(phases, ("Fusing", "Building", 1, 2)), Is.EqualTo("Fusing 1/2"));
        Assert.That(After(phases, ("Fusing", "Building", 2, 2)), Is.EqualTo("Building 0/4"));
        Assert.That(After(phases, ("Building", "build", 1, 4)), Is.EqualTo("Building 1/4"));
    }

    [Test]
    public void A_phase_that_ends_takes_those_within_it_along()
    {
        var phases = new BuildPhases();
        After(phases, ("build", "", 0, 1));
        After(phases, ("Building", "build", 0, 4));
        After(phases, ("Fusing", "Building", 0, 2));

        Assert.That(After(phases, ("Building", "build", 4, 4)), Is.EqualTo("build"));
    }

    [Test]
    public void The_bar_counts_steps_within_steps()
    {
        var phases = new BuildPhases();
        After(phases, ("build", "", 0, 1));
        Assert.That(phases.Fraction, Is.Null, "TensorRT 8 reports no steps");

        After(phases, ("Building", "build", 1, 4));
        After(phases, ("Fusing", "Building", 1, 2), seconds: 3);

        Assert.That(phases.Fraction, Is.EqualTo(0.375).Within(1e-9));
        Assert.That(ProgressLine.State(phases, TimeSpan.FromSeconds(3)), Is.EqualTo("[######..........] 38%, about 5 s left: Fusing 1/2"));
        Assert.That(ProgressLine.State(phases, TimeSpan.FromSeconds(7)), Is.EqualTo("[######..........] 38%, about 1 s left: Fusing 1/2"));
        Assert.That(ProgressLine.State(phases, TimeSpan.FromSeconds(9)), Is.EqualTo("[######..........] 38%: Fusing 1/2"), "this step takes longer than those before");
    }

    [Test]
    public void The_bar_never_goes_back()
    {
        var phases = new BuildPhases();
        After(phases, ("Building", "build", 0, 2));
        After(phases, ("Fusing", "Building", 3, 4));

        After(phases, ("Fusing", "Building", 4, 4));

        Assert.That(phases.Current, Is.EqualTo("Building 0/2"));
        Assert.That(phases.Fraction, Is.EqualTo(0.375).Within(1e-9));
    }

    private static string After(BuildPhases phases, (string Phase, string Parent, int Step, int StepCount) step, double seconds = 0)
    {
        phases.Report(new BuildProgress(step.Phase, step.Parent, step.Step, step.StepCount, TimeSpan.FromSeconds(seconds)));
        return phases.Current;
    }
}
