namespace Pinion.Benchmarks;

/// <summary>Two ways to do the same, measured in alternating blocks of one run.</summary>
/// <param name="Ratio">Median of all calls of the subject over the median of all calls of the reference.</param>
/// <param name="SubjectMedianUs">Median time of a call of the subject in microseconds.</param>
/// <param name="ReferenceMedianUs">Median time of a call of the reference in microseconds.</param>
/// <param name="SubjectP99Us">99th percentile of the subject.</param>
/// <param name="ReferenceP99Us">99th percentile of the reference.</param>
/// <param name="BlockRatioP25">Lower quartile of the ratio of the medians of neighbouring blocks: the spread.</param>
/// <param name="BlockRatioP75">Upper quartile of the same.</param>
/// <param name="Blocks">Pairs of blocks.</param>
/// <param name="CallsPerBlock">Calls counted in a block; calls that warm up come before them.</param>
internal sealed record Comparison(
    double Ratio,
    double SubjectMedianUs,
    double ReferenceMedianUs,
    double SubjectP99Us,
    double ReferenceP99Us,
    double BlockRatioP25,
    double BlockRatioP75,
    int Blocks,
    int CallsPerBlock)
{
    /// <summary>Runs a number of calls and writes the nanoseconds that each took.</summary>
    public delegate void Block(Span<long> nanoseconds);

    /// <summary>
    /// Alternates blocks, so that what the machine does meanwhile hits both. Which one goes first changes from pair to pair.
    /// The first warmUp calls of each block are not counted: caches and clocks settle.
    /// </summary>
    public static Comparison Run(Block subject, Block reference, int blocks, int callsPerBlock, int warmUp)
    {
        var ofSubject = new List<double>(blocks * callsPerBlock);
        var ofReference = new List<double>(blocks * callsPerBlock);
        var ratios = new List<double>(blocks);
        long[] buffer = new long[warmUp + callsPerBlock];
        for (int i = 0; i < blocks; i++)
        {
            bool subjectFirst = i % 2 == 0;
            double first = Measure(subjectFirst ? subject : reference, buffer, warmUp, subjectFirst ? ofSubject : ofReference);
            double second = Measure(subjectFirst ? reference : subject, buffer, warmUp, subjectFirst ? ofReference : ofSubject);
            ratios.Add(subjectFirst ? first / second : second / first);
        }

        double subjectMedian = Statistics.Median(Statistics.Sorted(ofSubject));
        double referenceMedian = Statistics.Median(Statistics.Sorted(ofReference));
        return new Comparison(
            subjectMedian / referenceMedian,
            subjectMedian,
            referenceMedian,
            Statistics.Percentile(Statistics.Sorted(ofSubject), 99),
            Statistics.Percentile(Statistics.Sorted(ofReference), 99),
            Statistics.Percentile(Statistics.Sorted(ratios), 25),
            Statistics.Percentile(Statistics.Sorted(ratios), 75),
            blocks,
            callsPerBlock);
    }

    private static double Measure(Block block, long[] buffer, int warmUp, List<double> samples)
    {
        block(buffer);
        int before = samples.Count;
        for (int i = warmUp; i < buffer.Length; i++)
        {
            samples.Add(buffer[i] / 1000.0);
        }

        return Statistics.Median(Statistics.Sorted(samples.Skip(before)));
    }
}
