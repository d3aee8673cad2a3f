using Pinion.Hosting;

namespace Pinion.Serving;

/// <summary>A request as it was read: its tensors, and what is asked for. Owner: who read it, who disposes it.</summary>
internal sealed class InferRequest : IDisposable
{
    public string? Id { get; set; }

    public RequestOptions Options { get; set; }

    /// <summary>Whether outputs come as binary data unless one says otherwise.</summary>
    public bool BinaryOutputs { get; set; }

    public List<InputTensor> Inputs { get; } = [];

    /// <summary>In the order of the answer; none: all of the model's.</summary>
    public List<RequestedOutput> Outputs { get; } = [];

    /// <summary>Gives the tensors' memory back, which is not needed while the answer is sent.</summary>
    public void Dispose()
    {
        foreach (InputTensor input in Inputs)
        {
            input.Dispose();
        }
    }
}
