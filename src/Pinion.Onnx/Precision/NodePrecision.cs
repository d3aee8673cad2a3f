namespace Pinion.Onnx;

/// <summary>In which type a node of a converted model computes.</summary>
public enum NodePrecision
{
    /// <summary>As before: the node has no FP32.</summary>
    Unchanged,

    /// <summary>It was FP32 and is FP16.</summary>
    Fp16,

    /// <summary>It was FP32 and stays so, for a reason.</summary>
    Fp32,
}
