using Pinion.Hosting;

namespace Pinion.Serving;

/// <summary>One input of a request as it is read. Owner: the request.</summary>
internal sealed class InputTensor : IDisposable
{
    public string? Name { get; set; }

    public string? Datatype { get; set; }

    public TensorShape? Shape { get; set; }

    /// <summary>The bytes that follow the JSON for this input; null if its data is in the JSON.</summary>
    public long? BinaryBytes { get; set; }

    /// <summary>The values, once they are known to be the model's type.</summary>
    public RentedMemory? Data { get; set; }

    /// <summary>Set when the input is checked against the model.</summary>
    public TensorInfo? Info { get; set; }

    public TensorInput ToInput() => TensorInput.Create<byte>(Name!, Shape!.Value, Data!.Memory);

    public void Dispose()
    {
        Data?.Dispose();
        Data = null;
    }
}
