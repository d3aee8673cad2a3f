namespace Pinion.Onnx;

/// <summary>
/// Tells weights from other constants: floats of more than one element, and single ones where a layer takes its weights.
/// A tensor that several nodes share counts once, for the first of them.
/// </summary>
internal sealed class OnnxWeights
{
    private readonly Dictionary<string, TensorProto> _unused = new(StringComparer.Ordinal);

    public long Parameters { get; private set; }

    public long Statistics { get; private set; }

    public int Tensors { get; private set; }

    public void Declare(string name, TensorProto tensor)
    {
        if (OnnxTensors.IsFloat(tensor) || OnnxTensors.IsQuantized(tensor))
        {
            _unused[name] = tensor;
        }
    }

    /// <summary>Counts the weights that this node is the first to use.</summary>
    public long Use(NodeProto node)
    {
        long used = 0;
        for (int i = 0; i < node.Input.Count; ++i)
        {
            if (!_unused.TryGetValue(node.Input[i], out TensorProto? tensor) || OnnxTensors.Read(tensor).Elements is not { } elements
                || !IsWeight(node.OpType, i, tensor, elements))
            {
                continue;
            }

            _unused.Remove(node.Input[i]);
            used += elements;
            ++Tensors;
            if (node.OpType == "BatchNormalization" && i >= 3)
            {
                Statistics += elements;
            }
            else
            {
                Parameters += elements;
            }
        }

        return used;
    }

    private static bool IsWeight(string operation, int input, TensorProto tensor, long elements) => operation switch
    {
        "Conv" or "ConvTranspose" or "Gemm" or "MatMul" or "BatchNormalization" or "InstanceNormalization" or "LayerNormalization"
            or "GroupNormalization" or "RMSNormalization" or "PRelu" or "LSTM" or "GRU" or "RNN" => true,
        "QLinearConv" or "QLinearMatMul" => input == 3,
        "ConvInteger" or "MatMulInteger" => input == 1,
        "DequantizeLinear" => input == 0,
        // What follows the first input are scales, bounds and fill values.
        "Resize" or "Upsample" or "Clip" or "Pad" or "QuantizeLinear" or "Dropout" or "Range" or "OneHot" when input > 0 => false,
        _ => elements > 1 && OnnxTensors.IsFloat(tensor),
    };
}
