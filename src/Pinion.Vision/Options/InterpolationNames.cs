using System.Diagnostics.CodeAnalysis;

namespace Pinion.Vision;

/// <summary>Interpolations as PaddleClas' configurations name them: an interpolation and a backend.</summary>
internal static class InterpolationNames
{
    public const string OpenCv = "cv2";
    public const string Pillow = "pil";

    private static readonly (string Name, string Backend, Interpolation Value)[] All =
    [
        ("bilinear", OpenCv, Interpolation.OpenCvBilinear),
        ("bilinear", Pillow, Interpolation.PillowBilinear),
        ("bicubic", Pillow, Interpolation.PillowBicubic),
        ("lanczos", Pillow, Interpolation.PillowLanczos),
    ];

    public static string Known => string.Join(", ", All.Select(a => $"{a.Name} of {a.Backend}"));

    public static (string Name, string Backend) Of(Interpolation value) => All.First(a => a.Value == value) is var (name, backend, _) ? (name, backend) : default;

    public static bool TryParse(string name, string backend, [NotNullWhen(true)] out Interpolation? value)
    {
        value = All.Where(a => string.Equals(a.Name, name, StringComparison.OrdinalIgnoreCase) && string.Equals(a.Backend, backend, StringComparison.OrdinalIgnoreCase))
            .Select(a => (Interpolation?)a.Value).FirstOrDefault();
        return value is not null;
    }
}
