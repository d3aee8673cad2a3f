namespace Pinion.Vision;

/// <summary>One of Pillow's filters: how much a pixel weighs by its distance, and how far it reaches.</summary>
internal sealed record PillowFilter(double Support, Func<double, double> Weight)
{
    public static PillowFilter Bilinear { get; } = new(1, x => Math.Abs(x) is var d && d < 1 ? 1 - d : 0);

    public static PillowFilter Bicubic { get; } = new(2, Cubic);

    public static PillowFilter Lanczos { get; } = new(3, x => x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0);

    private static double Cubic(double x)
    {
        const double A = -0.5;
        double d = Math.Abs(x);
        return d < 1 ? ((((A + 2) * d) - (A + 3)) * d * d) + 1
            : d < 2 ? ((((((d - 5) * d) + 8) * d) - 4) * A)
            : 0;
    }

    private static double Sinc(double x)
    {
        double angle = x * Math.PI;
        return x == 0 ? 1 : Math.Sin(angle) / angle;
    }
}
