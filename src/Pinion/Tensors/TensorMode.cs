namespace Pinion;

/// <summary>Whether a tensor is read or written by an engine.</summary>
public enum TensorMode
{
    /// <summary>The caller writes it.</summary>
    Input = 1,

    /// <summary>The engine writes it.</summary>
    Output = 2,
}
