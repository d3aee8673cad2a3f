namespace Pinion.Hosting;

/// <summary>Which of the requests that wait run together. Pure.</summary>
internal static class BatchPlan
{
    /// <summary>
    /// How many requests to take from the front: as many as give the largest size that is ready. Order is kept and no request
    /// is split. Where none gives such a size, the first one runs alone and its size is made ready.
    /// </summary>
    /// <param name="rows">Rows of the requests in their order, each 1 to the largest size; not empty.</param>
    /// <param name="sizes">The sizes that are ready.</param>
    public static int Choose(ReadOnlySpan<int> rows, BatchSizes sizes)
    {
        int taken = 1;
        int sum = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            sum += rows[i];
            if (sum > sizes.Max)
            {
                break;
            }

            if (sizes.Contains(sum))
            {
                taken = i + 1;
            }
        }

        return taken;
    }
}
