namespace Pinion;

/// <summary>Memory that a session may use beyond its owner's Dispose: it is freed after the last release.</summary>
internal interface IBindableMemory
{
    /// <exception cref="ObjectDisposedException">The owner has disposed it.</exception>
    void Retain();

    void Release();
}
