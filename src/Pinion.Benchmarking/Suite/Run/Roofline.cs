namespace Pinion.Benchmarking;

/// <summary>What the device's peaks allow at least for one cell.</summary>
internal static class Roofline
{
    private const string WeightsAndTransfers = "weights, inputs and outputs";

    /// <summary>Null where the model's operations or the device's peaks are not known.</summary>
    /// <param name="counts">The model's costs at the cell's shapes.</param>
    /// <param name="inputOutputBytes">Bytes of the cell's inputs and outputs.</param>
    /// <param name="halfPrecision">Whether the cell is computed in FP16, rather than only asked for in it.</param>
    /// <param name="peak">The device's peaks.</param>
    /// <param name="computeMs">The median compute time.</param>
    public static SuiteRoofline? Of(ModelCounts counts, long inputOutputBytes, bool halfPrecision, SuitePeak peak, double computeMs)
    {
        double flopsPerSecond = halfPrecision ? peak.Fp16Flops ?? 0 : peak.Fp32Flops;
        if (counts.Macs == 0 || flopsPerSecond <= 0 || peak.BytesPerSecond <= 0 || computeMs <= 0)
        {
            return null;
        }

        double flops = 2.0 * counts.Macs;
        int width = halfPrecision ? 2 : 4;
        // Elementwise work can be fused into a product; its result has to be written once and read once.
        double bytes = inputOutputBytes + ((double)counts.WeightElements * width) + ((counts.ProductElements ?? 0) * 2.0 * width);
        string bytesOf = counts.ProductElements is null
            ? WeightsAndTransfers
            : $"{WeightsAndTransfers}, and results of convolutions and matrix products written once and read once";
        double computeLimit = flops / flopsPerSecond * 1000;
        double memoryLimit = bytes / peak.BytesPerSecond * 1000;
        double limit = Math.Max(computeLimit, memoryLimit);
        return new SuiteRoofline(flops, bytes, limit, computeLimit >= memoryLimit ? "compute" : "memory", limit / computeMs, bytesOf);
    }
}
