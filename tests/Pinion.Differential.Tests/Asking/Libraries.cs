namespace Pinion.Differential.Tests;

/// <summary>Where the build leaves the libraries of the two SDKs that are compared.</summary>
internal static class Libraries
{
    /// <summary>The level of NVIDIA's SDK that builds without a GPU, and of the host's beside it.</summary>
    public const string Level = "rtx-1.6.1";

    public static string Artifacts { get; } = Path.Combine(Child.RepositoryRoot, "artifacts");

    public static Asker Nvidia { get; } = NvidiaWith(fill: 0);

    /// <summary>What NVIDIA's said.</summary>
    public static RememberedAnswers Remembered => new(Path.Combine(Artifacts, "differential", "answers.json"), Nvidia.Library);

    public static Asker Host { get; } = new("host", Path.Combine(Artifacts, "build", $"host-{Level}", "native", "src"));

    /// <summary>NVIDIA's in processes whose memory is filled so.</summary>
    public static Asker NvidiaWith(int fill) => new("rtx", Path.Combine(Artifacts, "native", "lib"), fill);

    /// <summary>What is not built, and how it is; null if both are there.</summary>
    public static string? Missing =>
        !File.Exists(Nvidia.Library) ? "NVIDIA's TensorRT for RTX is not built here: ./build.sh rtx --sdk DIR"
        : !File.Exists(Host.Library) ? $"the host SDK of its level is not built here: ./build.sh build --tensorrt {Level}"
        : null;
}
