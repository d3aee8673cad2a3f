namespace Pinion.Fp16;

/// <summary>Adds up the differences of all samples.</summary>
internal sealed class ErrorTally(IReadOnlyList<string> outputs)
{
    private readonly double[] _relative = new double[outputs.Count];
    private readonly double[] _cosine = [.. Enumerable.Repeat(1.0, outputs.Count)];
    private readonly long[] _agreeing = new long[outputs.Count];
    private readonly long[] _rows = new long[outputs.Count];
    private readonly long[] _lost = new long[outputs.Count];

    public void Add(Difference[] differences)
    {
        for (int i = 0; i < differences.Length; i++)
        {
            Difference d = differences[i];
            _relative[i] = Math.Max(_relative[i], d.RelativeError);
            _cosine[i] = Math.Min(_cosine[i], d.Cosine);
            _agreeing[i] += d.Agreeing;
            _rows[i] += d.Rows;
            _lost[i] += d.Lost;
        }
    }

    public ModelError ToError() => new([.. outputs.Select((name, i) =>
        new OutputError(name, _relative[i], _cosine[i], _rows[i] > 0 ? (double)_agreeing[i] / _rows[i] : null, _lost[i]))]);
}
