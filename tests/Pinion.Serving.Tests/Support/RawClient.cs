using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pinion.Serving.Tests;

/// <summary>A client that sends whatever a test wants, byte by byte.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly BufferedStream _reader;

    public RawClient(int port, int? receiveBuffer = null)
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } bytes)
        {
            _socket.ReceiveBufferSize = bytes;
        }

        _socket.Connect(IPAddress.Loopback, port);
        _stream = new NetworkStream(_socket) { ReadTimeout = 120_000, WriteTimeout = 120_000 };
        _reader = new BufferedStream(_stream, 16384);
    }

    public static string Head(string path, long bytes, string more = "") =>
        $"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {bytes.ToString(CultureInfo.InvariantCulture)}\r\n{more}\r\n";

    public void Send(string text) => Send(Encoding.UTF8.GetBytes(text));

    public void Send(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

    public int ReadByte() => _reader.ReadByte();

    /// <summary>Cuts the connection, so that the server gets a reset.</summary>
    public void Cut()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>One answer; null at the end of the connection.</summary>
    public (int Status, string Body)? ReadAnswer()
    {
        string? line = ReadLine();
        if (line is null)
        {
            return null;
        }

        int status = int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
        long length = 0;
        bool chunked = false;
        while ((line = ReadLine()) is { Length: > 0 })
        {
            string[] header = line.Split(':', 2);
            length = header[0].Equals("Content-Length", StringComparison.OrdinalIgnoreCase) ? long.Parse(header[1], CultureInfo.InvariantCulture) : length;
            chunked |= header[0].Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase);
        }

        return (status, chunked ? ReadChunks() : ReadText((int)length));
    }

    /// <summary>Reads until the server ends the connection; false if it was cut.</summary>
    public bool ReadToEnd(out long bytes)
    {
        byte[] buffer = new byte[65536];
        bytes = 0;
        try
        {
            for (int read; (read = _reader.Read(buffer)) > 0;)
            {
                bytes += read;
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private string ReadChunks()
    {
        var text = new StringBuilder();
        while (true)
        {
            int length = int.Parse(ReadLine()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            text.Append(ReadText(length));
            ReadLine();
            if (length == 0)
            {
                return text.ToString();
            }
        }
    }

    private string ReadText(int length)
    {
        byte[] bytes = new byte[length];
        _reader.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    private string? ReadLine()
    {
        var line = new StringBuilder();
        for (int c; (c = _reader.ReadByte()) >= 0;)
        {
            if (c == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)c);
        }

        return line.Length == 0 ? null : line.ToString();
    }
}
