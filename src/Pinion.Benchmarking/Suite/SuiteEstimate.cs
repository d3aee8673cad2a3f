using Pinion.Onnx;

namespace Pinion.Benchmarking;

/// <summary>What a suite will need, as far as that can be told before it runs.</summary>
/// <param name="Cells">Those that are to be measured.</param>
/// <param name="Engines">Those that are to be built for them.</param>
/// <param name="Modes">The modes that each cell is measured in.</param>
/// <param name="Time">
/// Of a run that is resumed the time of its cells so far, times those to come; else what the protocol measures at least, without building.
/// Null where the protocol counts runs, whose time is not known.
/// </param>
/// <param name="Basis">The cells so far that <paramref name="Time"/> is made of; 0 where it is made of the protocol alone.</param>
/// <param name="DiskBytes">
/// Of engines and of one exported model, each as large as the model's weights in FP32; with <see cref="SuiteOptions.DeleteEngines"/> of
/// the largest model alone. Samples are not in it.
/// </param>
public sealed record SuiteEstimate(int Cells, int Engines, int Modes, TimeSpan? Time, int Basis, long DiskBytes)
{
    private const int WeightBytes = sizeof(float);

    internal static SuiteEstimate Of(SuiteOptions options, SuiteProtocol protocol, IReadOnlyList<SuiteSubject> subjects, SuiteResults? resumed)
    {
        SuiteCell[] finished = [.. (resumed?.Cells ?? []).Where(c => !options.Retry || c.Status == CellStatus.Measured)];
        PlannedCell[] pending = [.. SuitePlan.Cells(subjects, protocol).Where(c => finished.All(done => done.Key != c.Key))];
        var built = finished.Where(c => c.Status == CellStatus.Measured && !options.DeleteEngines).Select(c => Engine(protocol, c.Model, c.Precision, c.Batch)).ToHashSet();
        (SuiteSubject Subject, int Engines)[] models =
        [
            .. from cell in pending
               group cell by cell.Subject into model
               select (model.Key, model.Select(c => Engine(protocol, model.Key.Model.Name, c.Precision, c.Batch)).Distinct().Count(e => !built.Contains(e))),
        ];
        long[] engines = [.. models.Select(m => m.Engines * Weights(m.Subject))];
        long exported = models.Where(m => m.Subject.SourceName is not null).Select(m => Weights(m.Subject)).DefaultIfEmpty().Max();
        long disk = exported + (options.DeleteEngines ? engines.DefaultIfEmpty().Max() : engines.Sum());
        int modes = SuiteRunner.Modes.Length;
        double? seconds = finished.Length > 0 ? finished.Average(c => c.CellSeconds)
            : protocol.Runs is null ? (modes * ((protocol.WarmUpMs / 1000) + protocol.DurationSeconds))
                + ((protocol.Processes - 1) * ((protocol.WarmUpMs / 1000) + SuiteRunner.AgainSeconds(protocol.DurationSeconds)))
            : null;
        return new SuiteEstimate(
            pending.Length, models.Sum(m => m.Engines), modes, seconds is { } each ? TimeSpan.FromSeconds(each * pending.Length) : null, finished.Length, disk);
    }

    /// <summary>One for all batches, or with PaddleClas' protocol one for each.</summary>
    private static (string Model, string Precision, int Batch) Engine(SuiteProtocol protocol, string model, string precision, int batch) =>
        (model, precision, protocol.Name == SuiteProtocol.PaddleClas ? batch : 0);

    private static long Weights(SuiteSubject subject) => subject.File is { } file
        ? OnnxExternalData.Find(file).Prepend(file).Sum(f => new FileInfo(f).Length)
        : (subject.Model.Parameters ?? 0) * WeightBytes;
}
