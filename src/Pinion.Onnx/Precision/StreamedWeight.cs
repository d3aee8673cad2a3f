namespace Pinion.Onnx;

/// <summary>What becomes of a weight's elements while they are copied.</summary>
internal enum WeightForm
{
    /// <summary>Nothing.</summary>
    Same,

    /// <summary>FP32 becomes FP16.</summary>
    Half,

    /// <summary>FP32 keeps as many bits as FP16 has.</summary>
    Rounded,
}

/// <summary>A constant whose data is copied from the model that is converted while the new one is written.</summary>
/// <param name="Header">Its name, type and shape in the new model.</param>
/// <param name="Source">The tensor in the old one.</param>
/// <param name="Form">What becomes of its elements.</param>
internal sealed record StreamedWeight(TensorProto Header, TensorProto Source, WeightForm Form);
