namespace Pinion.Onnx;

/// <summary>A constant whose data is copied from the model that is converted while the new one is written.</summary>
/// <param name="Header">Its name, type and shape in the new model.</param>
/// <param name="Source">The tensor in the old one.</param>
/// <param name="IsConverted">Whether FP32 becomes FP16; else the bytes are the same.</param>
internal sealed record StreamedWeight(TensorProto Header, TensorProto Source, bool IsConverted);
