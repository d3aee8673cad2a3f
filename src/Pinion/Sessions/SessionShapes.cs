namespace Pinion;

/// <summary>
/// The input shapes that a session's next run has, and the way from a batch to its variant: an array index once prepared.
/// Used by the thread that uses the session.
/// </summary>
internal sealed class SessionShapes
{
    private readonly SessionVariants _variants;
    private readonly EngineTensors _tensors;
    private readonly ShapeRange[] _ranges;
    private readonly TensorShape[] _shapes;
    private readonly bool[] _isSet;
    private ShapeVariant?[] _byBatch = [];
    private ShapeVariant? _current;

    internal SessionShapes(SessionVariants variants, EngineTensors tensors, int profile)
    {
        _variants = variants;
        _tensors = tensors;
        _ranges = _tensors.Ranges[profile];
        _shapes = new TensorShape[_tensors.InputCount];
        _isSet = new bool[_tensors.InputCount];
        Reset();
    }

    /// <summary>The variant of the shapes that are set. Prepares it if need be.</summary>
    /// <exception cref="InvalidOperationException">A dynamic input has no shape yet.</exception>
    internal ShapeVariant Current => _current is { IsDisposed: false } current ? current : Resolve();

    /// <summary>Whether the shapes that are set are this variant's.</summary>
    internal bool IsSet(ShapeVariant variant) => ReferenceEquals(_current, variant);

    /// <summary>Back to the state of a new session.</summary>
    internal void Reset()
    {
        _current = null;
        Array.Clear(_byBatch);
        for (int i = 0; i < _shapes.Length; i++)
        {
            // An input that admits one shape only needs no setting.
            _shapes[i] = _ranges[i].Opt;
            _isSet[i] = _ranges[i].Min == _ranges[i].Max;
        }
    }

    internal void Use(ShapeVariant variant)
    {
        if (!ReferenceEquals(_current, variant))
        {
            Switch(variant);
        }
    }

    internal void Set(int input, TensorShape shape)
    {
        if (!_ranges[input].Contains(shape))
        {
            throw SessionErrors.ShapeOutsideProfile(_tensors.Inputs[input], shape, _ranges[input]);
        }

        CopyCurrent();
        if (!DiffersInBatchOnly(input, _shapes[input], shape))
        {
            Array.Clear(_byBatch);
        }

        _shapes[input] = shape;
        _isSet[input] = true;
        _current = Array.IndexOf(_isSet, false) < 0 ? _variants.Find(_shapes) : null;
    }

    internal void SetBatch(int batch)
    {
        if (FindBatch(batch) is ShapeVariant known)
        {
            _current = known;
            return;
        }

        ApplyBatch(batch);
        _current = _variants.Find(_shapes);
        if (_current is ShapeVariant found)
        {
            Remember(batch, found);
        }
    }

    internal ShapeVariant ForBatch(int batch) => FindBatch(batch) ?? ResolveBatch(batch);

    /// <summary>Bytes of an input; null as long as its shape is not set.</summary>
    internal long? InputBytes(int input)
    {
        if (_current is ShapeVariant current)
        {
            return current.Bytes[input];
        }

        return _isSet[input] ? _tensors.All[input].DataType.GetSizeBytes(_shapes[input].ElementCount) : null;
    }

    internal TensorShape ShapeOf(int tensor)
    {
        if (_current is not null || tensor >= _tensors.InputCount)
        {
            return Current.Shapes[tensor];
        }

        return _isSet[tensor] ? _shapes[tensor] : _tensors.All[tensor].Shape;
    }

    private ShapeVariant? FindBatch(int batch)
    {
        ShapeVariant?[] table = _byBatch;
        return (uint)batch < (uint)table.Length && table[batch] is { IsDisposed: false } variant ? variant : null;
    }

    private ShapeVariant ResolveBatch(int batch)
    {
        // A refusal leaves the shapes as they were.
        _variants.ThrowIfNotIdle();
        ApplyBatch(batch);
        ShapeVariant variant = Resolve();
        Remember(batch, variant);
        return variant;
    }

    private void Remember(int batch, ShapeVariant variant)
    {
        ShapeVariant?[] table = _byBatch;
        if (batch >= table.Length)
        {
            Array.Resize(ref table, Math.Max(batch + 1, Math.Min(2 * table.Length, 1024)));
        }

        table[batch] = variant;
        _byBatch = table;
    }

    private ShapeVariant Resolve()
    {
        CopyCurrent();
        int missing = Array.IndexOf(_isSet, false);
        if (missing >= 0)
        {
            throw SessionErrors.ShapeNotSet(_tensors.Inputs[missing], _ranges[missing]);
        }

        ShapeVariant variant = _variants.FindOrPrepare(_shapes, keep: false);
        _current = variant;
        return variant;
    }

    private void ApplyBatch(int batch)
    {
        int batched = 0;
        for (int i = 0; i < _ranges.Length; i++)
        {
            if (!HasDynamicBatch(i))
            {
                continue;
            }

            batched++;
            if (batch < _ranges[i].Min[0] || batch > _ranges[i].Max[0])
            {
                throw SessionErrors.BatchOutsideProfile(_tensors.Inputs[i], batch, _ranges[i]);
            }
        }

        if (batched == 0 && !IsFixedBatch(batch))
        {
            throw SessionErrors.BatchIsFixed(batch, _tensors.Inputs);
        }

        CopyCurrent();
        for (int i = 0; i < _shapes.Length; i++)
        {
            _shapes[i] = HasDynamicBatch(i) ? _shapes[i].WithBatch(batch) : _shapes[i];
            _isSet[i] = true;
        }

        _current = null;
    }

    private bool IsFixedBatch(int batch) => _ranges.All(r => r.Opt.Rank > 0 && r.Opt[0] == batch);

    private bool HasDynamicBatch(int input) => _tensors.Inputs[input].Shape is { Rank: > 0 } shape && shape[0] < 0;

    private void CopyCurrent()
    {
        if (_current is ShapeVariant current)
        {
            current.Shapes.AsSpan(0, _shapes.Length).CopyTo(_shapes);
            Array.Fill(_isSet, true);
        }
    }

    private void Switch(ShapeVariant variant)
    {
        CopyCurrent();
        for (int i = 0; i < _shapes.Length; i++)
        {
            if (!DiffersInBatchOnly(i, _shapes[i], variant.Shapes[i]))
            {
                Array.Clear(_byBatch);
                break;
            }
        }

        _current = variant;
    }

    private bool DiffersInBatchOnly(int input, TensorShape one, TensorShape other) =>
        one == other || (HasDynamicBatch(input) && one.WithBatch(other[0]) == other);
}
