namespace Pinion.Zoo;

/// <summary>How far an export has come.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="BytesWritten">Bytes of the file written so far.</param>
/// <param name="TotalBytes">Bytes the file will have.</param>
public readonly record struct ExportProgress(string Model, long BytesWritten, long TotalBytes);
