namespace Pinion.Cli.Tests;

public sealed class ErrorReportTests
{
    private static IEnumerable<TestCaseData> Exceptions()
    {
        yield return new TestCaseData(new UsageException("u"), 2);
        yield return new TestCaseData(new WorkException("w"), 1);
        yield return new TestCaseData(new NpyException("n"), 1);
        yield return new TestCaseData(new ArgumentException("a", "name"), 2);
        yield return new TestCaseData(new OperationCanceledException(), 130);
        yield return new TestCaseData(new PinionException("p", PinionStatus.InvalidArgument), 2);
        yield return new TestCaseData(new PinionException("p", PinionStatus.Cancelled), 130);
        yield return new TestCaseData(new PinionException("p", PinionStatus.DeviceOutOfMemory), 1);
        yield return new TestCaseData(new PlanMismatchException("p", "8.5", "8.6"), 1);
        yield return new TestCaseData(new InsufficientMemoryException(), 1);
        yield return new TestCaseData(new IOException("i"), 1);
        yield return new TestCaseData(new NotSupportedException("defect"), 1);
    }

    [TestCaseSource(nameof(Exceptions))]
    public void Every_exception_has_an_exit_code(Exception exception, int code) => Assert.That(ErrorReport.Describe(exception).ExitCode, Is.EqualTo(code));

    [Test]
    public void Messages_are_for_people()
    {
        Assert.That(ErrorReport.Describe(new ArgumentException("wrong", "name")).Message, Is.EqualTo("wrong"));
        Assert.That(ErrorReport.Describe(new InvalidCastException("defect")).Message, Does.Contain("internal error").And.Contain("PINION_DEBUG=1"));
        ErrorFacts mismatch = ErrorReport.Describe(new PlanMismatchException("m", "8.5", "8.6", "load", "line\n"));
        Assert.That((mismatch.BuiltWith, mismatch.RunningOn, mismatch.Operation, mismatch.Log), Is.EqualTo(("8.5", "8.6", "load", "line")));
    }
}
