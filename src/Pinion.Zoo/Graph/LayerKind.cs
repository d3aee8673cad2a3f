namespace Pinion.Zoo;

/// <summary>What a layer of a zoo network does.</summary>
public enum LayerKind
{
    /// <summary>A convolution with one group.</summary>
    Convolution,

    /// <summary>A convolution with several groups, depthwise included.</summary>
    GroupedConvolution,

    /// <summary>A batch norm with running statistics.</summary>
    BatchNorm,

    /// <summary>A layer norm over the last axis, one operator or nine.</summary>
    LayerNorm,

    /// <summary>A fully connected layer: a matrix product with a weight, and its bias if it has one.</summary>
    Linear,

    /// <summary>The two matrix products of scaled dot-product attention with the softmax between them.</summary>
    Attention,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>The exact (erf) GELU.</summary>
    Gelu,

    /// <summary>Max pooling.</summary>
    MaxPool,

    /// <summary>Average pooling with a window.</summary>
    AveragePool,

    /// <summary>The mean over all positions or tokens.</summary>
    GlobalPool,

    /// <summary>A sum of two values.</summary>
    Add,

    /// <summary>Values joined along the channels.</summary>
    Concat,

    /// <summary>A change of shape or order, a part taken out, or zeros added; moves data only.</summary>
    Reshape,

    /// <summary>The softmax over the classes.</summary>
    Softmax,
}
