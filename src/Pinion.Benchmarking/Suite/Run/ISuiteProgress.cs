namespace Pinion.Benchmarking;

/// <summary>Hears of a run as it goes on. Members are called by the thread that runs the suite, but for <see cref="Output"/>.</summary>
public interface ISuiteProgress
{
    /// <summary>The run begins.</summary>
    /// <param name="cells">All of its cells.</param>
    /// <param name="finished">Those that are there already.</param>
    void Begin(int cells, IReadOnlyList<SuiteCell> finished)
    {
    }

    /// <summary>A step begins.</summary>
    /// <param name="what">Which, in words.</param>
    void Working(string what)
    {
    }

    /// <summary>A cell is done and in results.json.</summary>
    void Finished(SuiteCell cell)
    {
    }

    /// <summary>A worker process wrote a line to standard error. Called by any thread.</summary>
    void Output(string line)
    {
    }
}
