namespace Pinion.Zoo;

/// <summary>A weights file cannot be read: it is malformed, cut off, or holds what Pinion refuses to load.</summary>
public class WeightsFileException : Exception
{
    /// <summary>Makes an exception about a file.</summary>
    public WeightsFileException(string path, string reason, Exception? inner = null)
        : base($"cannot read weights from '{path}': {reason}", inner)
    {
        Path = path;
    }

    /// <summary>The file.</summary>
    public string Path { get; }
}
