namespace Pinion.Tests;

/// <summary>Assertions on spans and exceptions that lambdas make awkward.</summary>
internal static class Check
{
    public static void Equal<T>(ReadOnlySpan<T> actual, params T[] expected) => Assert.That(actual.ToArray(), Is.EqualTo(expected));

    /// <summary>Runs the action, expects exactly this exception, and wants each fragment in its message.</summary>
    public static T Throws<T>(Action action, params string[] fragments)
        where T : Exception
    {
        T exception = Assert.Throws<T>(() => action())!;
        Mentions(exception, fragments);
        return exception;
    }

    public static void Mentions(Exception exception, params string[] fragments)
    {
        foreach (string fragment in fragments)
        {
            Assert.That(exception.Message, Does.Contain(fragment));
        }
    }
}
