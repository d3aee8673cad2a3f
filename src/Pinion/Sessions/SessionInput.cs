namespace Pinion;

/// <summary>One input of a session, found and checked once, so that no run looks anything up. Threads: as the session.</summary>
/// <typeparam name="T">The C# type of the tensor's elements, or byte for the bytes of any tensor.</typeparam>
public sealed class SessionInput<T>
    where T : unmanaged
{
    private readonly Session _session;
    private readonly int _tensor;

    internal SessionInput(Session session, int tensor)
    {
        _session = session;
        _tensor = tensor;
    }

    /// <summary>Name, type and shape in the engine.</summary>
    public TensorInfo Info => _session.Tensors.All[_tensor];

    /// <summary>
    /// The memory that the next run reads, of the shape that is set; as long as no shape is set, room for the profile's
    /// largest. Allocates nothing. Not to be used during a run, nor after the session is disposed.
    /// </summary>
    /// <exception cref="InvalidOperationException">Work is in flight, or the input is bound to device memory.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public Span<T> Span => _session.InputSpan<T>(_tensor);
}
