namespace Pinion.Zoo;

/// <summary>
/// Runs the part of pickle's stack machine, protocols 2 to 5, that plain data and numpy arrays need. It calls nothing:
/// the few names it knows stand for values it makes itself, and any other name ends the reading. Every count is checked
/// against the file or a limit before it is believed, and nothing recurses.
/// </summary>
internal sealed class PickleMachine
{
    /// <summary>The largest state dict of the zoo takes some 60,000 opcodes.</summary>
    private const int MaxOpcodes = 400_000;
    private const int OpcodesPerQuestion = 1024;
    private const int MaxStack = 50_000;
    private const int MaxMarks = 100;
    private const int MaxNameLength = 200;
    private const int MaxText = 4096;
    private const int MaxTextTotal = 16 << 20;

    private readonly PickleInput _input;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private int _textTotal;

    private PickleMachine(Stream stream, CancellationToken cancellation)
    {
        _input = new PickleInput(stream, cancellation);
    }

    /// <summary>Reads the one object that a pickle holds. The stream must have a length and be able to seek.</summary>
    /// <exception cref="PickleException">The pickle is malformed, or asks for what is refused.</exception>
    /// <exception cref="OperationCanceledException">The reading was stopped.</exception>
    public static object? Read(Stream stream, CancellationToken cancellation = default) => new PickleMachine(stream, cancellation).Run();

    private object? Run()
    {
        if (_input.ReadByte() != Opcode.Proto || _input.ReadByte() is < 2 or > 5)
        {
            throw Error("the file is not a pickle of protocol 2 to 5");
        }

        for (int count = 0; count < MaxOpcodes; ++count)
        {
            if (count % OpcodesPerQuestion == 0)
            {
                _input.Cancellation.ThrowIfCancellationRequested();
            }

            byte opcode = _input.ReadByte();
            if (opcode == Opcode.Stop)
            {
                return Pop();
            }

            Execute(opcode);
            if (_stack.Count > MaxStack)
            {
                throw Error($"the pickle's stack is deeper than {MaxStack}");
            }
        }

        throw Error($"the pickle has more than {MaxOpcodes} opcodes");
    }

    private void Execute(byte opcode)
    {
        switch (opcode)
        {
            case Opcode.Frame:
                _input.Require(_input.ReadUInt64());
                break;

            case Opcode.Mark:
                if (_marks.Count == MaxMarks)
                {
                    throw Error($"the pickle nests deeper than {MaxMarks} levels");
                }

                _marks.Add(_stack.Count);
                break;
            case Opcode.Pop:
                Pop();
                break;
            case Opcode.PopMark:
                PopToMark();
                break;
            case Opcode.Dup:
                Push(Top());
                break;

            case Opcode.None:
                Push(null);
                break;
            case Opcode.NewTrue:
                Push(true);
                break;
            case Opcode.NewFalse:
                Push(false);
                break;
            case Opcode.BinInt:
                Push((long)(int)_input.ReadUInt32());
                break;
            case Opcode.BinInt1:
                Push((long)_input.ReadByte());
                break;
            case Opcode.BinInt2:
                Push((long)_input.ReadUInt16());
                break;
            case Opcode.Long1:
                Push(ReadLong(_input.ReadByte()));
                break;
            case Opcode.BinFloat:
                Push(_input.ReadBigEndianDouble());
                break;

            case Opcode.ShortBinString:
            case Opcode.ShortBinBytes:
                Push(_input.Slice(_input.ReadByte()));
                break;
            case Opcode.BinString:
            case Opcode.BinBytes:
                Push(_input.Slice(_input.ReadUInt32()));
                break;
            case Opcode.BinBytes8:
            case Opcode.ByteArray8:
                Push(_input.Slice(_input.ReadUInt64()));
                break;
            case Opcode.ShortBinUnicode:
                Push(ReadText(_input.ReadByte()));
                break;
            case Opcode.BinUnicode:
                Push(ReadText(_input.ReadUInt32()));
                break;
            case Opcode.BinUnicode8:
                Push(ReadText(_input.ReadUInt64()));
                break;

            case Opcode.EmptyTuple:
                Push(Array.Empty<object?>());
                break;
            case Opcode.Tuple:
                Push(PopToMark());
                break;
            case Opcode.Tuple1:
            case Opcode.Tuple2:
            case Opcode.Tuple3:
                Push(PopMany(opcode - Opcode.Tuple1 + 1));
                break;
            case Opcode.EmptyList:
                Push(new List<object?>());
                break;
            case Opcode.Append:
                {
                    object? item = Pop();
                    Top<List<object?>>("a list").Add(item);
                    break;
                }
            case Opcode.Appends:
                {
                    object?[] items = PopToMark();
                    Top<List<object?>>("a list").AddRange(items);
                    break;
                }
            case Opcode.EmptyDict:
                Push(new PickleDict());
                break;
            case Opcode.SetItem:
                SetItems(PopMany(2));
                break;
            case Opcode.SetItems:
                SetItems(PopToMark());
                break;

            case Opcode.BinPut:
                _memo[_input.ReadByte()] = Top();
                break;
            case Opcode.LongBinPut:
                {
                    // Picklers count from 0. Indices of anyone's choice could be made to collide in the table.
                    uint index = _input.ReadUInt32();
                    _memo[index < MaxOpcodes ? index : throw Error($"memo index {index} is larger than any that is needed")] = Top();
                    break;
                }
            case Opcode.Memoize:
                _memo[(uint)_memo.Count] = Top();
                break;
            case Opcode.BinGet:
                Push(Recall(_input.ReadByte()));
                break;
            case Opcode.LongBinGet:
                Push(Recall(_input.ReadUInt32()));
                break;

            case Opcode.Global:
                Push(PickleGlobals.Find(_input.ReadLine(MaxNameLength), _input.ReadLine(MaxNameLength), _input.Position));
                break;
            case Opcode.StackGlobal:
                {
                    object?[] names = PopMany(2);
                    Push(PickleGlobals.Find(Text(names[0]), Text(names[1]), _input.Position));
                    break;
                }
            case Opcode.Reduce:
                {
                    object?[] arguments = Pop() as object?[] ?? throw Error("a call's arguments are not a tuple");
                    PickleGlobal callee = Pop() as PickleGlobal? ?? throw Error("what is called is not a name");
                    Push(PickleGlobals.Call(callee, arguments, _input));
                    break;
                }
            case Opcode.Build:
                {
                    object? state = Pop();
                    PickleGlobals.Build(Top(), state, _input);
                    break;
                }
            default:
                throw Error($"opcode 0x{opcode:X2} is not one that plain data and numpy arrays need");
        }
    }

    private void SetItems(object?[] items)
    {
        if (items.Length % 2 != 0)
        {
            throw Error("a dict key has no value");
        }

        PickleDict dict = Top<PickleDict>("a dict");
        for (int i = 0; i < items.Length; i += 2)
        {
            dict[Text(items[i])] = items[i + 1];
        }
    }

    /// <summary>Integers of up to 8 bytes; nothing in a state dict is larger.</summary>
    private long ReadLong(byte size)
    {
        if (size > sizeof(long))
        {
            throw Error($"an integer has {size} bytes");
        }

        Span<byte> bytes = stackalloc byte[sizeof(long)];
        _input.Read(bytes[..size]);
        bytes[size..].Fill(size > 0 && bytes[size - 1] >= 0x80 ? (byte)0xFF : (byte)0);
        return System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    /// <summary>Short text is a string. Long text can only be the data of an array, and stays in the file.</summary>
    private object ReadText(ulong length)
    {
        if (length > MaxText)
        {
            return _input.Slice(length, isLatin1Text: true);
        }

        _textTotal += (int)length;
        if (_textTotal > MaxTextTotal)
        {
            throw Error($"the pickle has more than {MaxTextTotal} bytes of names");
        }

        return _input.ReadText((int)length);
    }

    /// <summary>A string, or the bytes that Python 2 writes for one.</summary>
    private string Text(object? value) =>
        PickleGlobals.Text(value, _input.Stream)
        ?? throw Error(value is PickleBytes { Length: > PickleGlobals.MaxNameBytes } bytes ? $"a key or name is {bytes.Length} bytes long" : "a key or name is not a string");

    private object? Recall(uint index) =>
        _memo.TryGetValue(index, out object? value) ? value : throw Error($"memo entry {index} was never stored");

    private void Push(object? value) => _stack.Add(value);

    private object? Top() => _stack.Count > Floor ? _stack[^1] : throw Error("the pickle's stack is empty");

    private T Top<T>(string what)
        where T : class => Top() as T ?? throw Error($"items are put into what is not {what}");

    private object? Pop()
    {
        object? value = Top();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private object?[] PopMany(int count)
    {
        if (_stack.Count - Floor < count)
        {
            throw Error("the pickle's stack is empty");
        }

        object?[] values = [.. _stack[^count..]];
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    private object?[] PopToMark()
    {
        if (_marks.Count == 0)
        {
            throw Error("the pickle's stack has no mark");
        }

        object?[] values = PopMany(_stack.Count - _marks[^1]);
        _marks.RemoveAt(_marks.Count - 1);
        return values;
    }

    /// <summary>What lies below the last mark is out of reach.</summary>
    private int Floor => _marks.Count == 0 ? 0 : _marks[^1];

    private PickleException Error(string reason) => new(reason, _input.Position);

    /// <summary>The opcodes of the pickle format that are understood.</summary>
    private static class Opcode
    {
        public const byte Mark = (byte)'(';
        public const byte Stop = (byte)'.';
        public const byte Pop = (byte)'0';
        public const byte PopMark = (byte)'1';
        public const byte Dup = (byte)'2';
        public const byte BinFloat = (byte)'G';
        public const byte BinInt = (byte)'J';
        public const byte BinInt1 = (byte)'K';
        public const byte BinInt2 = (byte)'M';
        public const byte None = (byte)'N';
        public const byte Reduce = (byte)'R';
        public const byte BinString = (byte)'T';
        public const byte ShortBinString = (byte)'U';
        public const byte BinUnicode = (byte)'X';
        public const byte Append = (byte)'a';
        public const byte Build = (byte)'b';
        public const byte Global = (byte)'c';
        public const byte EmptyDict = (byte)'}';
        public const byte Appends = (byte)'e';
        public const byte BinGet = (byte)'h';
        public const byte LongBinGet = (byte)'j';
        public const byte EmptyList = (byte)']';
        public const byte BinPut = (byte)'q';
        public const byte LongBinPut = (byte)'r';
        public const byte SetItem = (byte)'s';
        public const byte Tuple = (byte)'t';
        public const byte EmptyTuple = (byte)')';
        public const byte SetItems = (byte)'u';
        public const byte BinBytes = (byte)'B';
        public const byte ShortBinBytes = (byte)'C';
        public const byte Proto = 0x80;
        public const byte Tuple1 = 0x85;
        public const byte Tuple2 = 0x86;
        public const byte Tuple3 = 0x87;
        public const byte NewTrue = 0x88;
        public const byte NewFalse = 0x89;
        public const byte Long1 = 0x8a;
        public const byte ShortBinUnicode = 0x8c;
        public const byte BinUnicode8 = 0x8d;
        public const byte BinBytes8 = 0x8e;
        public const byte StackGlobal = 0x93;
        public const byte Memoize = 0x94;
        public const byte Frame = 0x95;
        public const byte ByteArray8 = 0x96;
    }
}
