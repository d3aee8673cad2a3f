using System.Buffers;

namespace Pinion.Hosting.Tests;

/// <summary>A request's memory that holds its instance up: whoever copies it waits until the gate opens.</summary>
internal sealed class Gate(int length) : MemoryManager<float>
{
    private readonly float[] _data = new float[length];
    private readonly ManualResetEventSlim _reached = new();
    private readonly ManualResetEventSlim _open = new();

    /// <summary>Memory itself would ask for the span, and wait.</summary>
    public Memory<float> LazyMemory => CreateMemory(length);

    public void Open() => _open.Set();

    public override Span<float> GetSpan()
    {
        _reached.Set();
        _open.Wait();
        return _data;
    }

    public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

    public override void Unpin()
    {
    }

    /// <summary>Sends a request that keeps an instance until the gate opens; over when the instance is kept.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputs">Names of its inputs, each of <paramref name="length"/> floats in a row.</param>
    /// <param name="length">Their length.</param>
    public static (Gate Gate, Task Answered) Hold(InferenceModel model, int length, params string[] inputs)
    {
        var gate = new Gate(length);
        TensorInput[] tensors = [.. inputs.Select((name, i) =>
            TensorInput.Create<float>(name, [1, length], i == 0 ? gate.LazyMemory : new float[length]))];
        var answered = Task.Run(async () => (await model.InferAsync(tensors)).Dispose());
        gate._reached.Wait();
        return (gate, answered);
    }

    protected override void Dispose(bool disposing)
    {
        _reached.Dispose();
        _open.Dispose();
    }
}
