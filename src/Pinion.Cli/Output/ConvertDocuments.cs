namespace Pinion.Cli;

// What convert prints with --json; docs/json.md describes every field.

internal sealed record DecisionFacts(string Node, string Operator, string Precision, string Reason);

internal sealed record ConvertDocument(
    string Model, string Output, string? DataFile, long ModelSizeBytes, long SizeBytes, int Fp16Nodes, int Fp32Nodes, int UnchangedNodes, int Casts, int RemovedCasts,
    int Fp16Weights, double Seconds, IReadOnlyList<DecisionFacts>? Nodes);
