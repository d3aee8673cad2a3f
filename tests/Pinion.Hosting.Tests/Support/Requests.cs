namespace Pinion.Hosting.Tests;

/// <summary>Requests to the AddOne model, and their answers.</summary>
internal static class Requests
{
    public static Task<InferenceModel> LoadAsync(ModelOptions options)
    {
        options.Plan = options.Plan.Length > 0 ? options.Plan : TestPlans.AddOne;
        return InferenceModel.LoadAsync("m", options);
    }

    /// <summary>Rows of four floats that count up from a number.</summary>
    public static TensorInput Rows(float first, int rows = 1) => TensorInput.Create("x", [rows, 4], Values(first, rows));

    public static float[] Values(float first, int rows) => [.. Enumerable.Range(0, rows * 4).Select(i => first + i)];

    /// <summary>Sends one and checks its values.</summary>
    public static async Task<RequestTimings> SendAsync(
        InferenceModel model, float first, int rows = 1, RequestOptions options = default, CancellationToken cancellationToken = default)
    {
        using InferenceResult result = await model.InferAsync(Rows(first, rows), options, cancellationToken);
        if (!result.GetOutput<float>("y").SequenceEqual([.. Values(first, rows).Select(v => v + 1)]))
        {
            throw new InvalidOperationException($"wrong outputs for {first}");
        }

        return result.Timings;
    }

    public static async Task<RefusalReason> RefusalAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (RequestRefusedException e)
        {
            return e.Reason;
        }

        throw new InvalidOperationException("the request was not refused");
    }

    public static async Task<T> ExceptionAsync<T>(Func<Task> action)
        where T : Exception
    {
        try
        {
            await action();
        }
        catch (T e)
        {
            return e;
        }

        throw new InvalidOperationException($"there was no {typeof(T).Name}");
    }

    /// <summary>Waits for something that another thread does.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        for (int i = 0; !condition(); i++)
        {
            await Task.Delay(5);
            if (i == 12_000)
            {
                throw new TimeoutException(what);
            }
        }
    }
}
