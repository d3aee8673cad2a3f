namespace Pinion.Cli.Npy;

/// <summary>One .npy file opened for reading: the header is checked against the file's size before any data is read.</summary>
internal sealed class NpyFile : IDisposable
{
    private readonly FileStream _stream;

    private NpyFile(string path, FileStream stream, NpyHeader header)
    {
        Path = path;
        _stream = stream;
        Header = header;
    }

    public string Path { get; }

    public NpyHeader Header { get; }

    /// <exception cref="NpyException">The file cannot be opened, or is no .npy file that is supported.</exception>
    public static NpyFile Open(string path)
    {
        FileStream stream = OpenStream(path);
        try
        {
            NpyHeader header = NpyHeader.Read(stream);
            long present = stream.Length - header.DataOffset;
            if (present != header.DataBytes)
            {
                string amount = present < header.DataBytes ? "it is truncated" : "it has bytes to spare";
                throw new NpyException($"{amount}: {header.Type.Name} of shape {TensorText.Shape(header.Shape)} needs {header.DataBytes} bytes of data and it has {present}");
            }
            return new NpyFile(path, stream, header);
        }
        catch (NpyException e)
        {
            stream.Dispose();
            throw new NpyException($"{path} cannot be read: {e.Message}");
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Reads all elements in C order into <paramref name="destination"/>, which is exactly <see cref="NpyHeader.DataBytes"/> long.</summary>
    public void ReadInto(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, Header.DataBytes);
        _stream.Position = Header.DataOffset;
        if (!Header.FortranOrder || Header.Shape.Length < 2)
        {
            _stream.ReadExactly(destination);
            return;
        }
        byte[] columns = new byte[destination.Length];
        _stream.ReadExactly(columns);
        FortranOrder.ToRowMajor(columns, destination, Header.Shape, Header.Type.ElementBytes);
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>Writes a tensor in format 1.0, little endian, C order. The file appears whole or not at all.</summary>
    public static void Write(string path, TensorDataType dataType, ReadOnlySpan<long> shape, ReadOnlySpan<byte> data)
    {
        NpyType type = NpyType.For(dataType) ?? throw new WorkException($"{DataTypes.Name(dataType)} has no .npy form; {path} was not written");
        using var file = OutputFile.Create(path);
        file.Stream.Write(NpyHeader.Write(type, shape));
        file.Stream.Write(data);
        file.Commit();
    }

    private static FileStream OpenStream(string path)
    {
        try
        {
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            if (stream.CanSeek)
            {
                return stream;
            }
            stream.Dispose();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new NpyException($"{path} does not exist");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NpyException($"{path} cannot be opened: {e.Message}");
        }
        throw new NpyException($"{path} is no regular file, which reading a .npy needs");
    }
}
