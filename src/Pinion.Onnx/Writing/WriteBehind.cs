namespace Pinion.Onnx;

/// <summary>
/// Writes to a stream on another thread while the caller makes the next bytes: a disk and the making of weights cost
/// about the same. Two small buffers, whatever the length. A failure to write shows at a later call.
/// </summary>
internal sealed class WriteBehind(Stream destination, long length) : IDisposable
{
    private const int MaxBufferBytes = 512 * 1024;

    private byte[] _filling = new byte[Math.Clamp(length, 1, MaxBufferBytes)];
    private byte[] _writing = new byte[Math.Clamp(length, 1, MaxBufferBytes)];
    private int _filled;
    private Task _pending = Task.CompletedTask;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int count = Math.Min(bytes.Length, _filling.Length - _filled);
            bytes[..count].CopyTo(_filling.AsSpan(_filled));
            _filled += count;
            bytes = bytes[count..];
            if (_filled == _filling.Length)
            {
                HandOver();
            }
        }
    }

    /// <summary>Returns when everything is written.</summary>
    public void Finish()
    {
        HandOver();
        _pending.GetAwaiter().GetResult();
    }

    /// <summary>After a failure the stream is the caller's again: nothing writes to it any more.</summary>
    public void Dispose() => ((IAsyncResult)_pending).AsyncWaitHandle.WaitOne();

    private void HandOver()
    {
        _pending.GetAwaiter().GetResult();
        (_filling, _writing) = (_writing, _filling);
        int count = _filled;
        _filled = 0;
        _pending = Task.Run(() => destination.Write(_writing, 0, count));
    }
}
