namespace Pinion.Benchmarking;

/// <summary>One cell that is to be measured.</summary>
internal sealed record PlannedCell(string Key, SuiteSubject Subject, int Batch, string Precision);

/// <summary>The cells of a run: model by model, so that a model's file is needed once; then by precision, as an engine holds all batches.</summary>
internal static class SuitePlan
{
    public static IReadOnlyList<PlannedCell> Cells(IReadOnlyList<SuiteSubject> subjects, SuiteProtocol protocol) =>
    [
        .. from subject in subjects
           from precision in protocol.Precisions
           from batch in protocol.Batches
           select new PlannedCell($"{subject.Slug}-{precision}-b{batch}", subject, batch, precision),
    ];
}
