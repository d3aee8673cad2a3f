namespace Pinion;

/// <summary>
/// The sets of input shapes that a session has ready. Threads: finding a variant needs no lock; all that changes the set
/// takes the session's lock for set-up.
/// </summary>
internal sealed unsafe class SessionVariants(Session session, pn_session* native, EngineTensors tensors, SessionOptions options)
{
    private ShapeVariant[] _variants = [];

    /// <summary>Checks shapes against the profile and prepares them, to be kept.</summary>
    internal ShapeVariant Prepare(ReadOnlySpan<(string Input, TensorShape Shape)> shapes)
    {
        TensorShape[] inputs = Resolve(shapes);
        lock (session.SetUp)
        {
            ShapeVariant variant = FindOrPrepare(inputs, keep: true);
            if (!variant.IsPrepared)
            {
                session.State.ThrowIfNotIdle();
                ForgetOutputs();
                CallNative(inputs, isAdmission: false);
                variant.IsPrepared = true;
            }

            return variant;
        }
    }

    /// <summary>Checks shapes against the profile and takes them on without a run and a graph, to be kept.</summary>
    internal ShapeVariant Admit(ReadOnlySpan<(string Input, TensorShape Shape)> shapes)
    {
        TensorShape[] inputs = Resolve(shapes);
        lock (session.SetUp)
        {
            if (Find(inputs) is not ShapeVariant variant)
            {
                session.State.ThrowIfNotIdle();
                variant = Add(inputs, isAdmission: true);
            }

            variant.IsKept = true;
            return variant;
        }
    }

    private TensorShape[] Resolve(ReadOnlySpan<(string Input, TensorShape Shape)> shapes)
    {
        ShapeRange[] ranges = tensors.Ranges[options.Profile];
        var resolved = new TensorShape[tensors.InputCount];
        bool[] given = new bool[tensors.InputCount];
        foreach ((string input, TensorShape shape) in shapes)
        {
            int index = tensors.IndexOfInput(input);
            if (given[index])
            {
                throw SessionErrors.InputGivenTwice(input);
            }

            (resolved[index], given[index]) = (shape, true);
        }

        for (int i = 0; i < resolved.Length; i++)
        {
            if (!given[i] && ranges[i].Min != ranges[i].Max)
            {
                throw SessionErrors.ShapeMissing(tensors.Inputs[i], ranges[i]);
            }

            resolved[i] = given[i] ? resolved[i] : ranges[i].Min;
            if (!ranges[i].Contains(resolved[i]))
            {
                throw SessionErrors.ShapeOutsideProfile(tensors.Inputs[i], resolved[i], ranges[i]);
            }
        }

        return resolved;
    }

    /// <summary>A variant of exactly these input shapes, or null.</summary>
    internal ShapeVariant? Find(ReadOnlySpan<TensorShape> inputs)
    {
        foreach (ShapeVariant variant in Volatile.Read(ref _variants))
        {
            if (variant.HasInputs(inputs))
            {
                return variant;
            }
        }

        return null;
    }

    internal ShapeVariant FindOrPrepare(ReadOnlySpan<TensorShape> inputs, bool keep)
    {
        lock (session.SetUp)
        {
            ShapeVariant variant = Find(inputs) ?? PrepareNew(inputs, keep);
            variant.IsKept |= keep;
            return variant;
        }
    }

    /// <exception cref="InvalidOperationException">The session is in use.</exception>
    internal void ThrowIfNotIdle() => session.State.ThrowIfNotIdle();

    internal void Discard(ShapeVariant variant)
    {
        lock (session.SetUp)
        {
            if (!variant.IsDisposed)
            {
                session.State.ThrowIfNotIdle();
                DiscardNative(variant);
            }
        }
    }

    /// <summary>The session is closed, and they are gone with it.</summary>
    internal void DiscardAll()
    {
        foreach (ShapeVariant variant in _variants)
        {
            variant.MarkDiscarded();
        }

        Volatile.Write(ref _variants, []);
    }

    internal pn_variant_info Info(ShapeVariant variant)
    {
        Errors.ThrowIfDisposed(variant.IsDisposed, variant);
        pn_variant_info info = new() { struct_size = (uint)sizeof(pn_variant_info) };
        pn_error* error = null;
        session.State.Check(pn_session_variant_info(native, variant.Number, &info, &error), error);
        return info;
    }

    internal long SessionBytes()
    {
        long bytes;
        pn_error* error = null;
        session.State.Check(pn_session_device_bytes(native, &bytes, &error), error);
        return bytes;
    }

    /// <summary>The most memory that a tensor takes in any variant; null without variants.</summary>
    internal long? LargestBytes(int tensor) => _variants.Length == 0 ? null : _variants.Max(v => v.Bytes[tensor]);

    private ShapeVariant PrepareNew(ReadOnlySpan<TensorShape> inputs, bool keep)
    {
        session.State.ThrowIfNotIdle();
        ShapeVariant[] passing = [.. _variants.Where(v => !v.IsKept)];
        if (!keep && passing.Length >= options.MaxShapes)
        {
            DiscardNative(passing.MinBy(v => v.LastUsed)!);
        }

        ForgetOutputs();
        ShapeVariant variant = Add(inputs, isAdmission: false);
        if (options.MaxShapeBytes is { } limit)
        {
            KeepWithin(limit, variant);
        }

        return variant;
    }

    /// <summary>Gives up the least used of those that are not kept, but for the newest, until they hold no more than the limit.</summary>
    private void KeepWithin(long limit, ShapeVariant newest)
    {
        long held = _variants.Where(v => !v.IsKept).Sum(v => v.DeviceBytes);
        foreach (ShapeVariant variant in _variants.Where(v => !v.IsKept && v != newest).OrderBy(v => v.LastUsed))
        {
            if (held <= limit)
            {
                return;
            }

            held -= variant.DeviceBytes;
            DiscardNative(variant);
        }
    }

    /// <summary>Preparing runs the model over the buffers, even where it then fails.</summary>
    private void ForgetOutputs() => session.Runs.ForgetOutputs(
        "shapes were prepared since, by Prepare, or by asking for the shape of an output, UsesGraph or FirstRunMs, and that runs the model over the buffers");

    private ShapeVariant Add(ReadOnlySpan<TensorShape> inputs, bool isAdmission)
    {
        int number = CallNative(inputs, isAdmission);
        var all = new TensorShape[tensors.All.Length];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = i < inputs.Length ? inputs[i] : ReadShape(number, i);
        }

        var variant = new ShapeVariant(session, number, all, tensors) { IsPrepared = !isAdmission };
        Volatile.Write(ref _variants, [.. _variants, variant]);
        return variant;
    }

    /// <summary>The native layer's number of the variant that these shapes have, or get.</summary>
    private int CallNative(ReadOnlySpan<TensorShape> inputs, bool isAdmission)
    {
        pn_shape* shapes = stackalloc pn_shape[inputs.Length];
        int count = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            if (tensors.Inputs[i].Shape.IsDynamic)
            {
                pn_shape* shape = &shapes[count++];
                shape->tensor = i;
                shape->rank = inputs[i].Rank;
                inputs[i].Dims.CopyTo(new Span<long>(shape->dims, TensorShape.MaxRank));
            }
        }

        int number;
        pn_error* error = null;
        int status = isAdmission ? pn_session_admit(native, shapes, count, &number, &error) : pn_session_prepare(native, shapes, count, &number, &error);
        session.State.Check(status, error);
        return number;
    }

    private TensorShape ReadShape(int variant, int tensor)
    {
        long* dims = stackalloc long[TensorShape.MaxRank];
        int rank;
        pn_error* error = null;
        session.State.Check(pn_session_shape(native, variant, tensor, dims, &rank, &error), error);
        return new TensorShape(new ReadOnlySpan<long>(dims, rank));
    }

    private void DiscardNative(ShapeVariant variant)
    {
        pn_error* error = null;
        session.State.Check(pn_session_discard(native, variant.Number, &error), error);
        variant.MarkDiscarded();
        Volatile.Write(ref _variants, [.. _variants.Where(v => !ReferenceEquals(v, variant))]);
    }
}
