namespace Pinion;

/// <summary>The tensors and profiles of an engine, in the native layer's numbering: inputs first. Immutable.</summary>
internal sealed unsafe class EngineTensors
{
    private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);

    internal EngineTensors(pn_engine* engine)
    {
        int count;
        int profileCount;
        pn_error* error = null;
        Errors.Check(pn_engine_tensor_count(engine, &count, &error), error);
        Errors.Check(pn_engine_profile_count(engine, &profileCount, &error), error);
        var all = new TensorInfo[count];
        for (int i = 0; i < count; i++)
        {
            pn_tensor_info info = new() { struct_size = (uint)sizeof(pn_tensor_info) };
            Errors.Check(pn_engine_tensor_info(engine, i, &info, &error), error);
            all[i] = new TensorInfo(
                Utf8Text.Read(info.name), (TensorMode)info.mode, (TensorDataType)info.data_type,
                new TensorShape(new ReadOnlySpan<long>(info.dims, info.rank)), info.is_shape_tensor != 0);
            _indices.Add(all[i].Name, i);
        }

        All = all;
        InputCount = all.Count(t => t.Mode == TensorMode.Input);
        Inputs = all[..InputCount];
        Outputs = all[InputCount..];
        Ranges = new ShapeRange[profileCount][];
        for (int profile = 0; profile < profileCount; profile++)
        {
            Ranges[profile] = [.. Enumerable.Range(0, InputCount).Select(i => ReadRange(engine, profile, i))];
        }

        Profiles = [.. Ranges.Select(ranges => new ProfileInfo(
            ranges.Index().ToDictionary(r => Inputs[r.Index].Name, r => r.Item, StringComparer.Ordinal)))];
    }

    internal TensorInfo[] All { get; }

    internal int InputCount { get; }

    internal TensorInfo[] Inputs { get; }

    internal TensorInfo[] Outputs { get; }

    /// <summary>By profile, then by input.</summary>
    internal ShapeRange[][] Ranges { get; }

    internal ProfileInfo[] Profiles { get; }

    internal int IndexOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _indices.TryGetValue(name, out int index) ? index : throw TensorErrors.UnknownTensor(name, "tensor", All);
    }

    internal int IndexOfInput(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!_indices.TryGetValue(name, out int index))
        {
            throw TensorErrors.UnknownTensor(name, "input", Inputs);
        }

        return index < InputCount ? index : throw TensorErrors.WrongMode(All[index]);
    }

    internal int IndexOfOutput(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!_indices.TryGetValue(name, out int index))
        {
            throw TensorErrors.UnknownTensor(name, "output", Outputs);
        }

        return index >= InputCount ? index : throw TensorErrors.WrongMode(All[index]);
    }

    /// <summary>Bytes stand for every type.</summary>
    internal void CheckType<T>(int tensor)
        where T : unmanaged
    {
        if (typeof(T) != typeof(byte) && All[tensor].DataType.GetElementType() != typeof(T))
        {
            throw TensorErrors.WrongType<T>(All[tensor]);
        }
    }

    private ShapeRange ReadRange(pn_engine* engine, int profile, int input)
    {
        long* min = stackalloc long[TensorShape.MaxRank];
        long* opt = stackalloc long[TensorShape.MaxRank];
        long* max = stackalloc long[TensorShape.MaxRank];
        pn_error* error = null;
        Errors.Check(pn_engine_profile_shape(engine, profile, input, min, opt, max, &error), error);
        int rank = All[input].Shape.Rank;
        return new ShapeRange(new(new ReadOnlySpan<long>(min, rank)), new(new ReadOnlySpan<long>(opt, rank)), new(new ReadOnlySpan<long>(max, rank)));
    }
}
