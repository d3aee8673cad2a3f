namespace Pinion.Differential.Tests;

/// <summary>The test runner ignores this; the lane starts it to have questions answered.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        if (args is not ["answer"])
        {
            Console.Error.WriteLine("usage: Pinion.Differential.Tests answer; paths of models come on the standard input");
            return 2;
        }

        Respondent.Run();
        return 0;
    }
}
