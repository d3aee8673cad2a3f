namespace Pinion.Onnx;

/// <summary>A .npy file cannot be read, or an array not be written as one; the message names the file and what is wrong.</summary>
public sealed class NpyException(string message) : Exception(message);
