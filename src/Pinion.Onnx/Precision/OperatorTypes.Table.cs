namespace Pinion.Onnx;

/// <content>The table.</content>
internal sealed partial class OperatorTypes
{
    /// <summary>
    /// OPERATOR OPSET: INPUTS > OUTPUTS ; VARIABLES THAT ARE NEVER FP16. A word is a type or a variable that stands for one type in
    /// the whole line; * repeats the last. Holds from that opset to the operator's next line. Source: ONNX's Changelog.md, opsets 1 to 22.
    /// </summary>
    private const string Table = """
        Abs 1: T > T
        Acos 7: T > T
        Acosh 9: T > T
        Add 1: T T > T
        AffineGrid 20: T1 i64 > T1
        And 1: bool bool > bool
        ArgMax 1: T > i64
        ArgMin 1: T > i64
        Asin 7: T > T
        Asinh 9: T > T
        Atan 7: T > T
        Atanh 9: T > T
        AveragePool 1: T > T
        BatchNormalization 1: T T T T T > T T T T T
        BatchNormalization 14: T T T U U > T U U
        BatchNormalization 15: T T1 T1 T2 T2 > T T2 T2
        Bernoulli 15: T1 > T2
        BitShift 11: T T > T
        BitwiseAnd 18: T T > T
        BitwiseNot 18: T > T
        BitwiseOr 18: T T > T
        BitwiseXor 18: T T > T
        BlackmanWindow 17: T1 > T2
        Cast 1: T1 > T2
        CastLike 15: T1 T2 > T2
        Ceil 1: T > T
        Celu 12: f32 > f32
        CenterCropPad 18: T Tind > T
        Clip 1: T > T
        Clip 11: T T T > T
        Col2Im 18: T i64 i64 > T
        Compress 9: T bool > T
        Concat 1: T* > T
        ConcatFromSequence 11: S > T ; S
        Constant 1: > T
        ConstantOfShape 9: i64 > T2
        Conv 1: T T T > T
        ConvInteger 10: T1 T2 T1 T2 > i32
        ConvTranspose 1: T T T > T
        Cos 7: T > T
        Cosh 9: T > T
        CumSum 11: T T2 > T ; T
        CumSum 14: T T2 > T
        DFT 17: T1 T2 > T1
        DFT 20: T1 T2 i64 > T1
        DeformConv 19: T T T T T > T
        DepthToSpace 1: T > T
        DequantizeLinear 10: T f32 T > f32
        DequantizeLinear 19: T1 T2 T1 > T2
        Det 11: T > T
        Div 1: T T > T
        Dropout 1: T > T T
        Dropout 10: T > T bool
        Dropout 12: T T1 bool > T bool
        DynamicQuantizeLinear 11: f32 > u8 f32 u8
        Einsum 12: T* > T
        Elu 1: T > T
        Equal 1: T T > bool
        Erf 9: T > T
        Exp 1: T > T
        Expand 8: T i64 > T
        EyeLike 9: T1 > T2
        Flatten 1: T > T
        Floor 1: T > T
        GRU 1: T T T T i32 T > T T
        Gather 1: T Tind > T
        GatherElements 11: T Tind > T
        GatherND 11: T i64 > T
        Gelu 20: T > T
        Gemm 1: T T T > T
        GlobalAveragePool 1: T > T
        GlobalLpPool 1: T > T
        GlobalMaxPool 1: T > T
        Greater 1: T T > bool
        GreaterOrEqual 12: T T > bool
        GridSample 16: T1 T2 > T1
        GroupNormalization 18: T T T > T
        HammingWindow 17: T1 > T2
        HannWindow 17: T1 > T2
        HardSigmoid 1: T > T
        HardSwish 14: T > T
        Hardmax 1: T > T
        Identity 1: T > T
        Identity 14: V > V
        If 1: bool > V*
        ImageDecoder 20: u8 > u8
        InstanceNormalization 1: T T T > T
        IsInf 10: T1 > bool ; T1
        IsInf 20: T1 > bool
        IsNaN 9: T1 > bool
        LRN 1: T > T
        LSTM 1: T T T T i32 T T T > T T T
        LayerNormalization 17: T T T > T U U ; U
        LeakyRelu 1: T > T
        Less 1: T T > bool
        LessOrEqual 12: T T > bool
        Log 1: T > T
        LogSoftmax 1: T > T
        Loop 1: i64 bool V* > V*
        LpNormalization 1: T > T
        LpPool 1: T > T
        MatMul 1: T T > T
        MatMulInteger 10: T1 T2 T1 T2 > i32
        Max 1: T* > T
        MaxPool 1: T > T
        MaxPool 8: T > T i64
        MaxRoiPool 1: T T > T
        MaxUnpool 9: T1 i64 i64 > T1
        Mean 1: T* > T
        MeanVarianceNormalization 9: T > T
        MelWeightMatrix 17: T1 T1 T1 T2 T2 > T3
        Min 1: T* > T
        Mish 18: T > T
        Mod 10: T T > T
        Mul 1: T T > T
        Multinomial 7: T1 > T2
        Neg 1: T > T
        NegativeLogLikelihoodLoss 12: T Tind T > T
        NonMaxSuppression 10: f32 f32 i64 f32 f32 > i64
        NonZero 9: T > i64
        Not 1: bool > bool
        OneHot 9: T1 T2 T3 > T3
        Optional 15: V > O ; O
        OptionalGetElement 15: O > V ; O
        OptionalGetElement 18: O > V
        OptionalHasElement 15: O > bool ; O
        OptionalHasElement 18: O > bool
        Or 1: bool bool > bool
        PRelu 1: T T > T
        Pad 1: T > T
        Pad 11: T i64 T > T
        Pad 18: T i64 T Tind > T
        Pow 1: T T > T
        Pow 12: T T1 > T
        QLinearConv 10: T1 f32 T1 T2 f32 T2 f32 T3 i32 > T3
        QLinearMatMul 10: T1 f32 T1 T2 f32 T2 f32 T3 > T3
        QLinearMatMul 21: T1 TS T1 T2 TS T2 TS T3 > T3
        QuantizeLinear 10: T1 f32 T2 > T2 ; T1
        QuantizeLinear 19: T1 T1 T2 > T2
        RNN 1: T T T T i32 T > T T
        RandomNormal 1: > T
        RandomNormalLike 1: T1 > T2
        RandomUniform 1: > T
        RandomUniformLike 1: T1 > T2
        Range 11: T T T > T ; T
        Reciprocal 1: T > T
        ReduceL1 1: T > T
        ReduceL1 18: T i64 > T
        ReduceL2 1: T > T
        ReduceL2 18: T i64 > T
        ReduceLogSum 1: T > T
        ReduceLogSum 18: T i64 > T
        ReduceLogSumExp 1: T > T
        ReduceLogSumExp 18: T i64 > T
        ReduceMax 1: T > T
        ReduceMax 18: T i64 > T
        ReduceMean 1: T > T
        ReduceMean 18: T i64 > T
        ReduceMin 1: T > T
        ReduceMin 18: T i64 > T
        ReduceProd 1: T > T
        ReduceProd 18: T i64 > T
        ReduceSum 1: T > T
        ReduceSum 13: T i64 > T
        ReduceSumSquare 1: T > T
        ReduceSumSquare 18: T i64 > T
        RegexFullMatch 20: str > bool
        Relu 1: T > T
        Reshape 1: T > T
        Reshape 5: T i64 > T
        Resize 10: T f32 > T
        Resize 11: T1 T2 f32 i64 > T1
        ReverseSequence 10: T i64 > T
        RoiAlign 10: T1 T1 i64 > T1
        Round 11: T > T
        STFT 17: T1 T2 T1 T2 > T1
        Scan 8: i64 V* > V*
        Scan 9: V* > V*
        Scatter 9: T Tind T > T
        ScatterElements 11: T Tind T > T
        ScatterND 11: T i64 T > T
        Selu 1: T > T
        SequenceAt 11: S I > T ; S
        SequenceConstruct 11: T* > S ; S
        SequenceEmpty 11: > S ; S
        SequenceErase 11: S I > S ; S
        SequenceInsert 11: S T I > S ; S
        SequenceLength 11: S > i64 ; S
        SequenceMap 17: S V* > S* ; S
        Shape 1: T > i64
        Shrink 9: T > T
        Sigmoid 1: T > T
        Sign 9: T > T
        Sin 7: T > T
        Sinh 9: T > T
        Size 1: T > i64
        Slice 1: T > T
        Slice 10: T Tind Tind Tind Tind > T
        Softmax 1: T > T
        SoftmaxCrossEntropyLoss 12: T Tind T > T T
        Softplus 1: T > T
        Softsign 1: T > T
        SpaceToDepth 1: T > T
        Split 1: T T > T*
        Split 2: T > T*
        Split 13: T i64 > T*
        SplitToSequence 11: T I > S ; S
        Sqrt 1: T > T
        Squeeze 1: T > T
        Squeeze 13: T i64 > T
        StringConcat 20: str str > str
        StringNormalizer 10: str > str
        StringSplit 20: str > str i64
        Sub 1: T T > T
        Sum 1: T* > T
        Tan 7: T > T
        Tanh 1: T > T
        TfIdfVectorizer 9: T > f32
        ThresholdedRelu 10: T > T
        Tile 1: T T T > T
        Tile 6: T i64 > T
        TopK 1: T > T i64
        TopK 10: T i64 > T i64
        Transpose 1: T > T
        Trilu 14: T i64 > T
        Unique 11: T > T i64 i64 i64
        Unsqueeze 1: T > T
        Unsqueeze 13: T i64 > T
        Upsample 1: T > T
        Upsample 9: T f32 > T
        Where 9: bool T T > T
        Xor 1: bool bool > bool
        """;
}
