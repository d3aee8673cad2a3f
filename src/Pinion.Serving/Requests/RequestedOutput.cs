namespace Pinion.Serving;

/// <summary>An output that a request asks for.</summary>
internal sealed class RequestedOutput
{
    public string? Name { get; set; }

    /// <summary>Whether it is to come as binary data; null: as the request says for all.</summary>
    public bool? Binary { get; set; }
}
