namespace Pinion;

/// <summary>One output of a session, found and checked once, so that no run looks anything up. Threads: as the session.</summary>
/// <typeparam name="T">The C# type of the tensor's elements, or byte for the bytes of any tensor.</typeparam>
public sealed class SessionOutput<T>
    where T : unmanaged
{
    private readonly Session _session;
    private readonly int _tensor;

    internal SessionOutput(Session session, int tensor)
    {
        _session = session;
        _tensor = tensor;
    }

    /// <summary>Name, type and shape in the engine.</summary>
    public TensorInfo Info => _session.Tensors.All[_tensor];

    /// <summary>
    /// What the last run wrote, of that run's shape. Allocates nothing. Valid until the next run of the session, or until new
    /// shapes are prepared or memory is bound, and not after the session is disposed.
    /// </summary>
    /// <exception cref="InvalidOperationException">No run has succeeded yet, something has overwritten what the last one wrote, other shapes were set since, work
    /// is in flight, or the output is bound to device memory.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public ReadOnlySpan<T> Span => _session.OutputSpan<T>(_tensor);
}
