namespace Pinion.Tests;

/// <summary>Guards against a hang; no test measures with it.</summary>
internal static class Hang
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static Task<T> Guard<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static Task Guard(this Task task) => task.WaitAsync(Limit);

    /// <summary>Waits for a condition that another thread makes true.</summary>
    public static void Until(Func<bool> condition) =>
        Assert.That(SpinWait.SpinUntil(condition, Limit), Is.True, "the condition never came true");
}
