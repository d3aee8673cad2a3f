namespace Pinion.Vision;

/// <summary>How a model's images are preprocessed cannot be read, or a model does not say it; the message names the file and what to do.</summary>
public sealed class PreprocessingException(string message) : Exception(message);
