using Pinion.Hosting;

namespace Pinion.Serving;

/// <summary>A body without JSON: nothing but the data of the model's only input. Its outputs come as binary data.</summary>
internal static class RawRequest
{
    /// <summary>Finds the input's shape: a batch of one, and at most one more dimension that the size decides.</summary>
    /// <exception cref="ServingException">The model or the size leaves it open.</exception>
    public static void Describe(InferRequest request, long? bodyBytes, InferenceModel model)
    {
        if (model.Inputs.Count != 1 || bodyBytes is not { } bytes)
        {
            throw ServingException.Bad(
                $"{InferenceHeaders.JsonLength}: 0 stands for a body of binary data alone, for models of one input and with a Content-Length. "
                + $"Model '{model.Name}' has {model.Inputs.Count} inputs; send JSON first.");
        }

        TensorInfo info = model.Inputs[0];
        long[] shape = info.Shape.ToArray();
        if (model.MaxBatch > 0 && shape.Length > 0 && shape[0] < 0)
        {
            shape[0] = 1;
        }

        _ = Datatypes.TryGetBytes(info.DataType, out int elementBytes);
        long known = shape.Where(d => d >= 0).Aggregate((long)Math.Max(elementBytes, 1), (product, d) => product * d);
        int open = Array.IndexOf(shape, -1);
        if (open >= 0)
        {
            if (Array.LastIndexOf(shape, -1) != open || known == 0)
            {
                throw ServingException.Bad($"The size alone does not say which shape input '{info.Name}' of {InputCheck.Dimensions(info.Shape)} has; send JSON first.");
            }

            shape[open] = bytes / known;
        }

        if (new TensorShape(shape).ElementCount * elementBytes != bytes)
        {
            throw ServingException.Bad(
                $"The body has {bytes} bytes; input '{info.Name}' is {Datatypes.Name(info.DataType)} of shape {InputCheck.Dimensions(info.Shape)}, a batch of one being sent.");
        }

        var input = new InputTensor { Name = info.Name, Datatype = Datatypes.Name(info.DataType), Shape = new TensorShape(shape), BinaryBytes = bytes };
        InputCheck.Check(input, model);
        request.Inputs.Add(input);
        request.BinaryOutputs = true;
    }
}
