using System.Runtime.InteropServices;

namespace Pinion.Onnx;

/// <summary>
/// One .npy file (formats 1.0, 2.0 and 3.0, little endian) opened for reading: its header is checked against the file's size before any
/// data is read. The caller disposes it. Threads: one at a time.
/// </summary>
public sealed class NpyFile : IDisposable
{
    private readonly Stream _stream;

    private NpyFile(string path, Stream stream, NpyHeader header)
    {
        Path = path;
        _stream = stream;
        Header = header;
    }

    /// <summary>The file's path, as given.</summary>
    public string Path { get; }

    /// <summary>The type of its elements.</summary>
    public NpyType Type => Header.Type;

    /// <summary>Its dimensions, at most 8; none for a scalar.</summary>
    public ReadOnlySpan<long> Shape => Header.Shape;

    /// <summary>Bytes of all elements.</summary>
    public long DataBytes => Header.DataBytes;

    internal NpyHeader Header { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="NpyException">The file cannot be opened, or is no .npy file that is supported.</exception>
    public static NpyFile Open(string path) => Open(OpenStream(path), path);

    /// <summary>Opens an array in a stream, from its start to its end.</summary>
    /// <param name="stream">A stream that can seek; disposed with the file.</param>
    /// <param name="path">What messages call it.</param>
    /// <exception cref="NpyException">It is no array that is supported.</exception>
    public static NpyFile Open(Stream stream, string path)
    {
        ArgumentNullException.ThrowIfNull(stream);
        try
        {
            var header = NpyHeader.Read(stream);
            long present = stream.Length - header.DataOffset;
            if (present != header.DataBytes)
            {
                string amount = present < header.DataBytes ? "it is truncated" : "it has bytes to spare";
                throw new NpyException($"{amount}: {header.Type.Name} of shape {NpyHeader.Text(header.Shape)} needs {header.DataBytes} bytes of data and it has {present}");
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

    /// <summary>Reads all elements in C order into <paramref name="destination"/>, which is exactly <see cref="DataBytes"/> long.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The destination is of another length.</exception>
    public void ReadInto(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, DataBytes);
        _stream.Position = Header.DataOffset;
        if (!Header.FortranOrder || Shape.Length < 2)
        {
            _stream.ReadExactly(destination);
            return;
        }

        byte[] columns = new byte[destination.Length];
        _stream.ReadExactly(columns);
        FortranOrder.ToRowMajor(columns, destination, Shape, Type.ElementBytes);
    }

    /// <summary>Reads all elements in C order.</summary>
    /// <typeparam name="T">The C# type that <see cref="OnnxType"/> names for the file's <see cref="Type"/>.</typeparam>
    /// <exception cref="NpyException">The file holds elements of another type.</exception>
    public T[] Read<T>()
        where T : unmanaged
    {
        if (Type.Element is null || Type.Element != TypeOf<T>())
        {
            throw new NpyException($"{Path} holds {Type.Name}, which is not {typeof(T).Name}");
        }

        var values = new T[Header.ElementCount];
        ReadInto(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>
    /// Reads all elements in C order as another type of the same kind: whole numbers that fit as other whole numbers, floating point rounded to the nearest.
    /// NumPy makes 64-bit arrays where nobody asks for others.
    /// </summary>
    /// <param name="type">The type that is wanted.</param>
    /// <param name="reader">Who wants it, for messages, such as <c>input 'x'</c>.</param>
    /// <returns>The elements' bytes; null where the types are not of one kind.</returns>
    /// <exception cref="NpyException">A value does not fit; the message names it, its index and the limit.</exception>
    public byte[]? ReadAs(OnnxType type, string reader)
    {
        if (Type.Element != type)
        {
            return NpyConversion.Convert(this, type, reader);
        }

        byte[] bytes = new byte[DataBytes];
        ReadInto(bytes);
        return bytes;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    /// <summary>Writes an array in format 1.0, little endian, C order. The file appears whole or not at all.</summary>
    /// <typeparam name="T">A C# type that <see cref="OnnxType"/> names.</typeparam>
    /// <param name="path">The file; an older one of that name is replaced. Its folder must exist.</param>
    /// <param name="shape">The dimensions; none for a scalar.</param>
    /// <param name="values">The elements.</param>
    /// <exception cref="ArgumentException">The shape has another number of elements, or there is no element type for <typeparamref name="T"/>.</exception>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    public static void Write<T>(string path, ReadOnlySpan<long> shape, ReadOnlySpan<T> values)
        where T : unmanaged =>
        Write(path, TypeOf<T>() ?? throw new ArgumentException($"{typeof(T).Name} is no type of elements."), shape, MemoryMarshal.AsBytes(values));

    /// <summary>Writes an array in format 1.0, little endian, C order. The file appears whole or not at all.</summary>
    /// <param name="path">The file; an older one of that name is replaced. Its folder must exist.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="shape">The dimensions; none for a scalar.</param>
    /// <param name="data">The elements' bytes.</param>
    /// <exception cref="NpyException">.npy has no form for the type; nothing is written.</exception>
    /// <exception cref="ArgumentException">The shape has another number of bytes.</exception>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    public static void Write(string path, OnnxType type, ReadOnlySpan<long> shape, ReadOnlySpan<byte> data)
    {
        byte[] header = HeaderFor(type, shape, data.Length);
        using var file = AtomicFile.Create(path, header.Length + data.Length);
        file.Stream.Write(header);
        file.Stream.Write(data);
        file.Commit();
    }

    /// <summary>Writes an array to a stream, which stays open.</summary>
    /// <inheritdoc cref="Write(string, OnnxType, ReadOnlySpan{long}, ReadOnlySpan{byte})"/>
    /// <param name="destination">The stream; it need not seek.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="shape">The dimensions; none for a scalar.</param>
    /// <param name="data">The elements' bytes.</param>
    public static void Write(Stream destination, OnnxType type, ReadOnlySpan<long> shape, ReadOnlySpan<byte> data)
    {
        ArgumentNullException.ThrowIfNull(destination);
        destination.Write(HeaderFor(type, shape, data.Length));
        destination.Write(data);
    }

    /// <summary>Writes what stands before the elements, which the caller writes then: all of them, little endian, C order.</summary>
    /// <param name="destination">The stream; it need not seek.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="shape">The dimensions; none for a scalar.</param>
    /// <exception cref="NpyException">.npy has no form for the type; nothing is written.</exception>
    public static void WriteHeader(Stream destination, OnnxType type, ReadOnlySpan<long> shape)
    {
        ArgumentNullException.ThrowIfNull(destination);
        destination.Write(NpyHeader.Write(Form(type), shape));
    }

    private static NpyType Form(OnnxType type) => NpyType.For(type) ?? throw new NpyException($"{type.GetName()} has no .npy form; nothing was written");

    private static byte[] HeaderFor(OnnxType type, ReadOnlySpan<long> shape, int bytes)
    {
        NpyType npy = Form(type);
        long wanted = new NpyHeader(npy, false, shape.ToArray(), 0).DataBytes;
        return wanted == bytes
            ? NpyHeader.Write(npy, shape)
            : throw new ArgumentException($"{npy.Name} of shape {NpyHeader.Text(shape)} has {wanted} bytes; {bytes} are given.");
    }

    private static OnnxType? TypeOf<T>() =>
        typeof(T) == typeof(float) ? OnnxType.Float32
        : typeof(T) == typeof(Half) ? OnnxType.Float16
        : typeof(T) == typeof(double) ? OnnxType.Float64
        : typeof(T) == typeof(sbyte) ? OnnxType.Int8
        : typeof(T) == typeof(short) ? OnnxType.Int16
        : typeof(T) == typeof(int) ? OnnxType.Int32
        : typeof(T) == typeof(long) ? OnnxType.Int64
        : typeof(T) == typeof(byte) ? OnnxType.UInt8
        : typeof(T) == typeof(ushort) ? OnnxType.UInt16
        : typeof(T) == typeof(uint) ? OnnxType.UInt32
        : typeof(T) == typeof(ulong) ? OnnxType.UInt64
        : typeof(T) == typeof(bool) ? OnnxType.Bool
        : null;

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
