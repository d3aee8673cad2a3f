namespace Pinion.Zoo;

/// <summary>What an export wrote.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Bytes">Length of the file.</param>
/// <param name="Tensors">State-dict tensors in it.</param>
public sealed record ExportResult(string Model, long Bytes, int Tensors);
