namespace Pinion.Tests;

/// <summary>The test runner ignores this; tests start it for what needs a process of its own.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        if (args.Length == 0 || !Scenarios.All.TryGetValue(args[0], out Action<string[]>? scenario))
        {
            Console.Error.WriteLine($"usage: Pinion.Tests SCENARIO [ARGUMENT]...; there are: {string.Join(", ", Scenarios.All.Keys.Order())}");
            return 2;
        }

        scenario(args[1..]);
        return 0;
    }
}
