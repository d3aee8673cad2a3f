namespace Pinion.Cli.Suite.Run;

/// <summary>Hears of a run as it goes on.</summary>
internal interface ISuiteProgress
{
    /// <summary>So many cells in all, of which some are there already.</summary>
    void Begin(int cells, IReadOnlyList<SuiteCell> finished);

    void Working(string what);

    void Finished(SuiteCell cell);
}
