namespace OcrService;

/// <summary>The answer.</summary>
/// <param name="Text">What the line says; empty if nothing was found.</param>
/// <param name="Confidence">The mean over its characters, 0 to 1.</param>
/// <param name="Timings">Where the time went.</param>
internal sealed record RecognizedLine(string Text, double Confidence, LineTimings Timings);

/// <summary>Where the time went.</summary>
/// <param name="PrepareMs">Scaling of the image.</param>
/// <param name="QueueMs">Waiting for an instance.</param>
/// <param name="InferenceMs">The batch, from the call to the readable outputs.</param>
/// <param name="DecodeMs">From outputs to text.</param>
/// <param name="BatchSize">Lines that were recognised together.</param>
internal sealed record LineTimings(double PrepareMs, double QueueMs, double InferenceMs, double DecodeMs, int BatchSize);
