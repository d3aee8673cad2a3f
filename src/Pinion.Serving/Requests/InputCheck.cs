using Pinion.Hosting;

namespace Pinion.Serving;

/// <summary>Compares what a request says of its tensors with the model, before their data is read.</summary>
internal static class InputCheck
{
    /// <summary>Name, type and shape of one input. Afterwards its size is known to fit 31 bits.</summary>
    /// <exception cref="ServingException">They do not fit the model.</exception>
    public static void Check(InputTensor input, InferenceModel model)
    {
        if (input.Info is not null)
        {
            return;
        }

        string name = input.Name ?? throw ServingException.Bad("An input has no name: give \"name\", \"datatype\" and \"shape\" of each.");
        string quoted = ClientText.Quote(name);
        int place = IndexOf(model.Inputs, name);
        TensorInfo info = place >= 0 ? model.Inputs[place] : throw ServingException.Bad(
            $"Model '{model.Name}' has no input {quoted}; its inputs are {Names(model.Inputs)}.");
        string expected = Datatypes.Name(info.DataType);
        if (input.Datatype is null)
        {
            throw ServingException.Bad($"Input {quoted} has no \"datatype\"; the model's is {expected}.");
        }

        if (input.Datatype != expected)
        {
            throw ServingException.Bad($"Input {quoted} has datatype {ClientText.Quote(input.Datatype)}; the model's is {expected}.");
        }

        TensorShape shape = input.Shape ?? throw ServingException.Bad($"Input {quoted} has no \"shape\"; the model's is {Dimensions(info.Shape)}.");
        CheckShape(quoted, shape, info, model.InputRanges[place], model);
        input.Info = info;
    }

    /// <summary>Every input once.</summary>
    /// <exception cref="ServingException">One is missing or doubled, or has no data.</exception>
    public static void CheckAll(InferRequest request, InferenceModel model)
    {
        foreach (TensorInfo info in model.Inputs)
        {
            int count = 0;
            foreach (InputTensor input in request.Inputs)
            {
                count += input.Name == info.Name ? 1 : 0;
            }

            if (count != 1)
            {
                throw ServingException.Bad(count == 0
                    ? $"Input '{info.Name}' of model '{model.Name}' is missing; its inputs are {Names(model.Inputs)}."
                    : $"Input '{info.Name}' is given {count} times; give it once.");
            }
        }
    }

    /// <summary>The outputs that are asked for exist, once each, in a form that they have.</summary>
    /// <exception cref="ServingException">One does not.</exception>
    public static void CheckOutputs(InferRequest request, InferenceModel model)
    {
        if (request.Outputs.Count == 0)
        {
            foreach (TensorInfo info in model.Outputs)
            {
                CheckForm(info, request.BinaryOutputs);
            }

            return;
        }

        for (int i = 0; i < request.Outputs.Count; i++)
        {
            RequestedOutput output = request.Outputs[i];
            string name = output.Name ?? throw ServingException.Bad("An output has no name.");
            int place = IndexOf(model.Outputs, name);
            if (place < 0)
            {
                throw ServingException.Bad(
                    $"Model '{model.Name}' has no output {ClientText.Quote(name)}; its outputs are {Names(model.Outputs)}.");
            }

            if (request.Outputs.FindIndex(o => o.Name == name) != i)
            {
                throw ServingException.Bad($"Output {ClientText.Quote(name)} is asked for twice; ask once.");
            }

            CheckForm(model.Outputs[place], output.Binary ?? request.BinaryOutputs);
        }
    }

    /// <summary>The place of a tensor; -1 if there is none of this name.</summary>
    public static int IndexOf(IReadOnlyList<TensorInfo> tensors, string name)
    {
        for (int i = 0; i < tensors.Count; i++)
        {
            if (tensors[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>A shape as the protocol writes it.</summary>
    public static string Dimensions(TensorShape shape) => $"[{string.Join(',', shape)}]";

    /// <summary>The bytes of a checked input.</summary>
    public static int Bytes(InputTensor input)
    {
        _ = Datatypes.TryGetBytes(input.Info!.DataType, out int size);
        return checked((int)(input.Shape!.Value.ElementCount * size));
    }

    private static void CheckShape(string quoted, TensorShape shape, TensorInfo info, ShapeRange range, InferenceModel model)
    {
        if (!range.Contains(shape))
        {
            bool isBatch = model.MaxBatch > 0 && shape.Rank == range.Min.Rank && (shape[0] < range.Min[0] || shape[0] > range.Max[0]);
            throw ServingException.Bad(isBatch
                ? $"Input {quoted} has a batch of {shape[0]}; model '{model.Name}' takes {range.Min[0]} to {range.Max[0]}."
                : $"Input {quoted} has shape {Dimensions(shape)}; the model's is {Dimensions(info.Shape)}, {Dimensions(range.Min)} to {Dimensions(range.Max)}.");
        }

        if (!Datatypes.TryGetBytes(info.DataType, out int size))
        {
            throw ServingException.Bad($"Input {quoted} is {info.DataType}, which the protocol has no datatype for.");
        }

        long bytes;
        try
        {
            bytes = checked(shape.ElementCount * size);
        }
        catch (OverflowException)
        {
            bytes = long.MaxValue;
        }

        if (bytes > Array.MaxLength)
        {
            throw ServingException.Bad($"Input {quoted} of shape {Dimensions(shape)} has more than {Array.MaxLength} bytes, the most that a tensor may have.");
        }
    }

    private static void CheckForm(TensorInfo info, bool binary)
    {
        if (!binary && !Datatypes.HasJsonForm(info.DataType))
        {
            throw ServingException.Bad(
                $"Output '{info.Name}' is {Datatypes.Name(info.DataType)}, which JSON has no form for: ask for it with \"binary_data\": true.");
        }
    }

    private static string Names(IReadOnlyList<TensorInfo> tensors) => string.Join(", ", tensors.Select(t => $"'{t.Name}'"));
}
