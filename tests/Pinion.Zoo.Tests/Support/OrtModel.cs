using Microsoft.ML.OnnxRuntime;

namespace Pinion.Zoo.Tests;

/// <summary>An ONNX model on ONNX Runtime's own API, without any code of ours: float tensors in, float tensors out.</summary>
internal sealed class OrtModel : IDisposable
{
    private readonly InferenceSession _session;

    public OrtModel(string path, bool optimize = true)
    {
        using var options = new Microsoft.ML.OnnxRuntime.SessionOptions
        {
            GraphOptimizationLevel = optimize ? GraphOptimizationLevel.ORT_ENABLE_ALL : GraphOptimizationLevel.ORT_DISABLE_ALL,
            IntraOpNumThreads = Math.Min(4, Environment.ProcessorCount),
        };
        _session = new InferenceSession(path, options);
    }

    public OrtTensor Run(string inputName, OrtTensor input, string outputName) => Run(inputName, input, [outputName])[0];

    public OrtTensor[] Run(string inputName, OrtTensor input, IReadOnlyCollection<string> outputNames)
    {
        using var options = new RunOptions();
        using var value = OrtValue.CreateTensorValueFromMemory(input.Data, input.Shape);
        using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(options, [inputName], [value], outputNames);
        return [.. results.Select(r => new OrtTensor(r.GetTensorTypeAndShape().Shape, r.GetTensorDataAsSpan<float>().ToArray()))];
    }

    public void Dispose() => _session.Dispose();
}

/// <summary>A float tensor, row-major.</summary>
internal sealed record OrtTensor(long[] Shape, float[] Data);
