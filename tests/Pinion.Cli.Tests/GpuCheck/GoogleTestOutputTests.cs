namespace Pinion.Cli.Tests;

public sealed class GoogleTestOutputTests
{
    [Test]
    public void Tests_are_counted_by_how_they_end()
    {
        var output = GoogleTestOutput.Read("""
            [==========] Running 4 tests from 2 test suites.
            [ RUN      ] A.Passes
            [       OK ] A.Passes (0 ms)
            [ RUN      ] A.Fails
            a.cpp:3: Failure
            [  FAILED  ] A.Fails (2 ms)
            [ RUN      ] All/A.Skips/two
            a.cpp:9: Skipped
            [  SKIPPED ] All/A.Skips/two (0 ms)
            [ RUN      ] All/A.Fails/one
            [  FAILED  ] All/A.Fails/one, where GetParam() = 1 (0 ms)
            [  FAILED  ] 2 tests, listed below:
            [  FAILED  ] A.Fails
            """);
        Assert.That((output.Passed, output.Skipped, output.Unfinished), Is.EqualTo((1, 1, (string?)null)));
        Assert.That(output.Failures, Is.EqualTo(new[] { new FailedTest("A.Fails", "a.cpp:3: Failure"), new FailedTest("All/A.Fails/one", "") }));
        Assert.That(output.Started, Has.Count.EqualTo(4));
    }

    [Test]
    public void A_test_that_prints_without_a_line_end_is_counted()
    {
        var output = GoogleTestOutput.Read("[ RUN      ] A.Prints\nabc[       OK ] A.Prints (0 ms)\n");
        Assert.That(output.Passed, Is.EqualTo(1));
    }

    [Test]
    public void What_began_and_did_not_end_is_unfinished()
    {
        var output = GoogleTestOutput.Read("[ RUN      ] A.Passes\n[       OK ] A.Passes (0 ms)\n[ RUN      ] A.Dies\n");
        Assert.That(output.Unfinished, Is.EqualTo("A.Dies"));
        Assert.That(output.Passed, Is.EqualTo(1));
    }
}
