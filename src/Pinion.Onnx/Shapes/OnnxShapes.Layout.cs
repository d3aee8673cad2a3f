namespace Pinion.Onnx;

/// <content>Operators that make, move, cut and join.</content>
internal static partial class OnnxShapes
{
    private const int MaxIntegers = 512;

    private static OnnxValue Constant(OnnxNode node)
    {
        if (node.Tensor("value") is { } tensor)
        {
            return OnnxTensors.Read(tensor);
        }

        OnnxValue value = node switch
        {
            _ when node.Has("value_int") => OnnxValue.Scalar(node.Int("value_int", 0)),
            _ when node.Ints("value_ints") is { } ints => OnnxValue.Vector([.. ints.Select(i => (long?)i)]),
            _ when node.Has("value_float") => OnnxValue.Of([]),
            _ when node.Floats("value_floats") is { } floats => OnnxValue.Of([floats.Count]) with { Floats = floats },
            _ => OnnxValue.Unknown,
        };
        return value with { IsConstant = true };
    }

    private static OnnxValue Filled(OnnxNode node)
    {
        IReadOnlyList<long?>? shape = node.Input(0).Integers;
        long? fill = node.Tensor("value") is { } tensor ? OnnxTensors.Read(tensor).Integers?[0] : null;
        var result = OnnxValue.Of(shape);
        return fill is not null && result is { Rank: <= 1, Elements: <= MaxIntegers and { } count }
            ? result with { Integers = [.. Enumerable.Repeat(fill, (int)count)] }
            : result;
    }

    private static OnnxValue ShapeOf(OnnxNode node)
    {
        if (node.Input(0).Shape is not { } shape)
        {
            return OnnxValue.Unknown;
        }

        int Clamp(long at) => (int)Math.Clamp(at < 0 ? at + shape.Count : at, 0, shape.Count);
        int start = Clamp(node.Int("start", 0));
        int end = Clamp(node.Int("end", shape.Count));
        return OnnxValue.Vector([.. shape.Skip(start).Take(end - start)]);
    }

    private static OnnxValue Range(OnnxNode node)
    {
        long? Number(int input) => node.Input(input).Integers is [var value] ? value : null;
        if (Number(0) is not { } start || Number(1) is not { } limit || Number(2) is not { } step || step == 0)
        {
            return OnnxValue.Of([null]);
        }

        long count = Math.Max(0, (limit - start + step - Math.Sign(step)) / step);
        return count <= MaxIntegers
            ? OnnxValue.Vector([.. Enumerable.Range(0, (int)count).Select(i => (long?)(start + i * step))])
            : OnnxValue.Of([count]);
    }

    private static OnnxValue Reshape(OnnxNode node)
    {
        OnnxValue x = node.Input(0);
        if ((node.Input(1).Integers ?? node.Ints("shape")?.Select(d => (long?)d).ToArray()) is not { } wanted)
        {
            return OnnxValue.Unknown;
        }

        long?[] shape = new long?[wanted.Count];
        int open = -1;
        for (int i = 0; i < shape.Length; ++i)
        {
            shape[i] = wanted[i] == 0 && node.Int("allowzero", 0) == 0 ? x.Dim(i) : wanted[i];
            if (shape[i] == -1)
            {
                open = i;
                shape[i] = 1;
            }
        }

        if (open >= 0)
        {
            shape[open] = x.Elements is { } have && OnnxValue.Product(shape) is { } rest && rest > 0 && have % rest == 0 ? have / rest : null;
        }

        var result = OnnxValue.Of(shape);
        return result.Rank <= 1 ? result with { Integers = x.Integers } : result;
    }

    private static OnnxValue Flatten(OnnxNode node)
    {
        if (node.Input(0).Shape is not { } shape)
        {
            return OnnxValue.Of([null, null]);
        }

        long given = node.Int("axis", 1);
        int axis = (int)(given < 0 ? given + shape.Count : given);
        return OnnxValue.Of([OnnxValue.Product(shape.Take(axis)), OnnxValue.Product(shape.Skip(axis))]);
    }

    private static OnnxValue Transpose(OnnxNode node)
    {
        if (node.Input(0).Shape is not { } shape)
        {
            return OnnxValue.Unknown;
        }

        IReadOnlyList<long>? order = node.Ints("perm");
        return OnnxValue.Of(order is null ? shape.Reverse() : order.Select(axis => shape[Axis(axis, shape.Count)]));
    }

    private static OnnxValue Squeeze(OnnxNode node)
    {
        OnnxValue x = node.Input(0);
        if (x.Shape is not { } shape)
        {
            return x with { IsConstant = false };
        }

        var axes = node.IntsOrInput("axes", 1)?.Select(a => Axis(a, shape.Count)).ToHashSet();
        if (axes is null && (node.HasInput(1) || shape.Any(d => d is null)))
        {
            return OnnxValue.Unknown with { Integers = x.Integers };
        }

        return OnnxValue.Of(shape.Where((d, axis) => axes?.Contains(axis) is not true && (axes is not null || d != 1))) with { Integers = x.Integers };
    }

    private static OnnxValue Unsqueeze(OnnxNode node)
    {
        OnnxValue x = node.Input(0);
        if (x.Shape is not { } shape || node.IntsOrInput("axes", 1) is not { } given)
        {
            return OnnxValue.Unknown;
        }

        int rank = shape.Count + given.Count;
        var axes = given.Select(a => Axis(a, rank)).ToHashSet();
        long?[] result = new long?[rank];
        int next = 0;
        for (int axis = 0; axis < rank; ++axis)
        {
            result[axis] = axes.Contains(axis) ? 1 : shape[next++];
        }

        return OnnxValue.Of(result) with { Integers = rank <= 1 ? x.Integers : null };
    }

    private static OnnxValue Concat(OnnxNode node)
    {
        OnnxValue[] parts = [.. Enumerable.Range(0, node.InputCount).Select(node.Input)];
        if (parts.FirstOrDefault(p => p.Shape is not null)?.Shape is not { } known)
        {
            return OnnxValue.Unknown;
        }

        int axis = Axis(node.Int("axis", 0), known.Count);
        long?[] shape = [.. known];
        for (int i = 0; i < shape.Length; ++i)
        {
            shape[i] = i == axis
                ? parts.Aggregate((long?)0, (sum, p) => sum + p.Dim(i))
                : parts.Select(p => p.Dim(i)).FirstOrDefault(d => d is not null);
        }

        bool integers = shape.Length == 1 && parts.All(p => p.Integers is not null) && parts.Sum(p => p.Integers!.Count) <= MaxIntegers;
        return OnnxValue.Of(shape) with { Integers = integers ? [.. parts.SelectMany(p => p.Integers!)] : null };
    }

    private static OnnxValue[] Split(OnnxNode node)
    {
        OnnxValue x = node.Input(0);
        if (x.Shape is not { } shape || node.OutputCount == 0)
        {
            return [];
        }

        int axis = Axis(node.Int("axis", 0), shape.Count);
        IReadOnlyList<long>? sizes = node.IntsOrInput("split", 1);
        // Without sizes the parts are equal, and the last takes what is left.
        long? part = (shape[axis] + node.OutputCount - 1) / node.OutputCount;
        var results = new OnnxValue[node.OutputCount];
        long from = 0;
        for (int i = 0; i < results.Length; ++i)
        {
            long? size = sizes is not null ? sizes[i] : i < results.Length - 1 ? part : shape[axis] - part * (results.Length - 1);
            results[i] = OnnxValue.Of(shape.Select((d, a) => a == axis ? size : d));
            if (shape.Count == 1 && x.Integers is { } integers && size is { } taken)
            {
                results[i] = results[i] with { Integers = [.. integers.Skip((int)from).Take((int)taken)] };
            }

            from += size ?? 0;
        }

        return results;
    }

    private static OnnxValue Slice(OnnxNode node)
    {
        OnnxValue x = node.Input(0);
        if (x.Shape is not { } shape)
        {
            return OnnxValue.Unknown;
        }

        IReadOnlyList<long>? starts = node.IntsOrInput("starts", 1);
        IReadOnlyList<long>? ends = node.IntsOrInput("ends", 2);
        IReadOnlyList<long>? axes = node.IntsOrInput("axes", 3);
        if (node.HasInput(3) && axes is null)
        {
            return OnnxValue.Of(shape.Select(_ => (long?)null));
        }

        long?[] result = [.. shape];
        IReadOnlyList<long?>? integers = null;
        int count = axes?.Count ?? starts?.Count ?? ends?.Count ?? 0;
        for (int i = 0; i < count; ++i)
        {
            int axis = Axis(axes?[i] ?? i, shape.Count);
            long step = node.IntsOrInput("steps", 4)?[i] ?? 1;
            bool known = starts is not null && ends is not null && shape[axis] is not null && step != 0
                && (!node.HasInput(4) || node.IntsOrInput("steps", 4) is not null);
            if (!known)
            {
                result[axis] = null;
                continue;
            }

            (long from, long size) = Range(starts![i], ends![i], step, shape[axis]!.Value);
            result[axis] = size;
            if (shape.Count == 1 && x.Integers is { } values)
            {
                integers = [.. Enumerable.Range(0, (int)size).Select(k => values[(int)(from + k * step)])];
            }
        }

        return OnnxValue.Of(result) with { Integers = integers };
    }

    /// <summary>First index and number of elements of a slice, with ONNX's rules for negative and far-off bounds.</summary>
    private static (long From, long Count) Range(long start, long end, long step, long size)
    {
        long Bound(long at, long low, long high) => Math.Clamp(at < 0 ? at + size : at, low, high);
        if (step > 0)
        {
            long from = Bound(start, 0, size);
            return (from, Math.Max(0, (Bound(end, 0, size) - from + step - 1) / step));
        }

        long last = Bound(start, 0, size - 1);
        // A far negative end means "through the first element"; adding the size to it must not overflow.
        long stop = end < -size ? -1 : Bound(end, -1, size - 1);
        return (last, Math.Max(0, (last - stop - step - 1) / -step));
    }

    private static OnnxValue Gather(OnnxNode node)
    {
        OnnxValue x = node.Input(0);
        OnnxValue indices = node.Input(1);
        if (x.Shape is not { } shape || indices.Shape is not { } picked)
        {
            return OnnxValue.Unknown;
        }

        int axis = Axis(node.Int("axis", 0), shape.Count);
        var result = OnnxValue.Of([.. shape.Take(axis), .. picked, .. shape.Skip(axis + 1)]);
        if (shape.Count == 1 && x.Integers is { } values && indices.Integers is { } at && at.All(i => i is not null))
        {
            return result with { Integers = [.. at.Select(i => values[Axis(i!.Value, values.Count)])] };
        }

        return result;
    }

    private static OnnxValue GatherNd(OnnxNode node)
    {
        int batch = (int)node.Int("batch_dims", 0);
        return node.Input(0).Shape is { } shape && node.Input(1).Shape is { } indices && indices[^1] is { } depth
            ? OnnxValue.Of([.. indices.SkipLast(1), .. shape.Skip(batch + (int)depth)])
            : OnnxValue.Unknown;
    }

    private static OnnxValue Pad(OnnxNode node)
    {
        if (node.Input(0).Shape is not { } shape)
        {
            return OnnxValue.Unknown;
        }

        IReadOnlyList<long>? pads = node.IntsOrInput("pads", 1);
        int[] axes = node.IntsOrInput("axes", 3)?.Select(a => Axis(a, shape.Count)).ToArray() ?? [.. Enumerable.Range(0, shape.Count)];
        if (pads is null || (node.HasInput(3) && node.IntsOrInput("axes", 3) is null))
        {
            return OnnxValue.Of(shape.Select(_ => (long?)null));
        }

        long?[] result = [.. shape];
        for (int i = 0; i < axes.Length; ++i)
        {
            result[axes[i]] += pads[i] + pads[i + axes.Length];
        }

        return OnnxValue.Of(result);
    }

    private static OnnxValue Tile(OnnxNode node) =>
        node.Input(0).Shape is { } shape
            ? OnnxValue.Of(shape.Select((d, axis) => d * (node.Input(1).Integers is { } repeats ? repeats[axis] : null)))
            : OnnxValue.Unknown;

    private static OnnxValue Expand(OnnxNode node) => OnnxValue.Of(Broadcast(node.Input(0).Shape, node.Input(1).Integers));

    private static OnnxValue Resize(OnnxNode node)
    {
        if (node.Input(0).Shape is not { } shape)
        {
            return OnnxValue.Unknown;
        }

        bool hasRoi = node.Operator == "Resize" && node.Opset >= 11;
        if (hasRoi && node.Input(3).Integers is { } sizes && sizes.Count == shape.Count)
        {
            return OnnxValue.Of(sizes);
        }

        IReadOnlyList<float>? scales = node.Floats("scales") ?? node.Input(hasRoi ? 2 : 1).Floats;
        return scales?.Count == shape.Count
            ? OnnxValue.Of(shape.Select((d, axis) => d is null ? null : (long?)Math.Floor(d.Value * (double)scales[axis])))
            : OnnxValue.Of(shape.Select(_ => (long?)null));
    }

    private static OnnxValue Blocks(OnnxNode node, bool outwards)
    {
        long block = node.Int("blocksize", 1);
        if (node.Input(0).Shape is not { Count: 4 } shape)
        {
            return OnnxValue.Unknown;
        }

        return OnnxValue.Of(outwards
            ? [shape[0], shape[1] / (block * block), shape[2] * block, shape[3] * block]
            : [shape[0], shape[1] * block * block, shape[2] / block, shape[3] / block]);
    }

    private static OnnxValue OneHot(OnnxNode node)
    {
        if (node.Input(0).Shape is not { } shape)
        {
            return OnnxValue.Unknown;
        }

        long? depth = node.Input(1).Integers is [var value] ? value : null;
        int axis = Axis(node.Int("axis", -1), shape.Count + 1);
        return OnnxValue.Of([.. shape.Take(axis), depth, .. shape.Skip(axis)]);
    }

    private static OnnxValue[] TopK(OnnxNode node)
    {
        if (node.Input(0).Shape is not { } shape)
        {
            return [];
        }

        int axis = Axis(node.Int("axis", -1), shape.Count);
        long? k = node.Has("k") ? node.Int("k", 0) : node.Input(1).Integers is [var value] ? value : null;
        var result = OnnxValue.Of(shape.Select((d, a) => a == axis ? k : d));
        return [result, result];
    }

    private static long[] OnlyAxis(OnnxNode node) => [node.Int("axis", 0)];

    private static OnnxValue Reduce(OnnxNode node, IReadOnlyList<long>? given)
    {
        if (node.Input(0).Shape is not { } shape || (given is null && node.HasInput(1)))
        {
            return OnnxValue.Unknown;
        }

        bool keep = node.Int("keepdims", 1) != 0;
        // No axes means all of them, unless the node says that it then does nothing.
        if (given is not { Count: > 0 })
        {
            return OnnxValue.Of(node.Int("noop_with_empty_axes", 0) != 0 ? shape : keep ? shape.Select(_ => (long?)1) : []);
        }

        var axes = given.Select(a => Axis(a, shape.Count)).ToHashSet();
        return OnnxValue.Of(keep ? shape.Select((d, a) => axes.Contains(a) ? 1 : d) : shape.Where((_, a) => !axes.Contains(a)));
    }
}
