namespace Pinion.Cli;

// What convert prints with --json; docs/json.md describes every field.

internal sealed record DecisionFacts(string Node, string Operator, string Precision, string Reason);

internal sealed record OutputRow(string Output, double? RelativeError, double Cosine, double? Top1Agreement, long LostValues);

internal sealed record ErrorRow(double? RelativeError, double Cosine, double? Top1Agreement, IReadOnlyList<OutputRow> Outputs);

internal sealed record KeptFacts(string Node, string Reason);

internal sealed record ValueFacts(
    string Node, string Operator, string Value, double Largest, double Smallest, double BeyondShare, double SubnormalShare, long? Depth, double? OwnError, bool LosesValues);

internal sealed record GuardFacts(
    bool WithinLimits, string Samples, int SampleCount, double RelativeErrorLimit, double CosineLimit, double? Top1Limit, ErrorRow Plain, ErrorRow RoundedWeights, ErrorRow Final,
    IReadOnlyList<KeptFacts> Kept, int Trials, bool Smallest, double PlainSeconds, double Seconds, IReadOnlyList<ValueFacts>? Values, IReadOnlyList<string>? Unmeasured);

internal sealed record ConvertDocument(
    string Model, string Output, string? DataFile, long ModelSizeBytes, long SizeBytes, int Fp16Nodes, int Fp32Nodes, int UnchangedNodes, int Casts, int RemovedCasts,
    int Fp16Weights, double Seconds, IReadOnlyList<DecisionFacts>? Nodes, string? Recipe, GuardFacts? Guard);
