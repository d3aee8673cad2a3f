namespace Pinion.Hosting.Tests;

/// <summary>The test runner ignores this; tests start it for what needs a process of its own.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        if (args.Length == 0 || !Scenarios.All.TryGetValue(args[0], out Func<string[], Task>? scenario))
        {
            Console.Error.WriteLine($"usage: Pinion.Hosting.Tests SCENARIO [ARGUMENT]...; there are: {string.Join(", ", Scenarios.All.Keys.Order())}");
            return 2;
        }

        try
        {
            scenario(args[1..]).GetAwaiter().GetResult();
            return 0;
        }
        finally
        {
            TestPlans.Delete();
        }
    }
}
