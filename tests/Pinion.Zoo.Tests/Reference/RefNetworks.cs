namespace Pinion.Zoo.Tests;

/// <summary>The 18 networks by name.</summary>
internal static class RefNetworks
{
    public static IReadOnlyList<string> Names { get; } =
    [
        "pcpvt_small", "pcpvt_base", "pcpvt_large", "alt_gvt_small", "alt_gvt_base", "alt_gvt_large",
        "Res2Net50_26w_4s", "Res2Net50_14w_8s", "Res2Net50_vd_26w_4s", "Res2Net101_vd_26w_4s", "Res2Net200_vd_26w_4s",
        "TNT_small", "TNT_base", "DPN68", "DPN92", "DPN98", "DPN107", "DPN131",
    ];

    /// <summary>Logits of one image [3, 224, 224].</summary>
    public static RefTensor Logits(string name, RefRun run, RefTensor image) => name switch
    {
        "pcpvt_small" => RefTwins.Logits(run, image, [64, 128, 320, 512], [1, 2, 5, 8], [8, 8, 4, 4], [3, 4, 6, 3], svt: false),
        "pcpvt_base" => RefTwins.Logits(run, image, [64, 128, 320, 512], [1, 2, 5, 8], [8, 8, 4, 4], [3, 4, 18, 3], svt: false),
        "pcpvt_large" => RefTwins.Logits(run, image, [64, 128, 320, 512], [1, 2, 5, 8], [8, 8, 4, 4], [3, 8, 27, 3], svt: false),
        "alt_gvt_small" => RefTwins.Logits(run, image, [64, 128, 256, 512], [2, 4, 8, 16], [4, 4, 4, 4], [2, 2, 10, 4], svt: true),
        "alt_gvt_base" => RefTwins.Logits(run, image, [96, 192, 384, 768], [3, 6, 12, 24], [4, 4, 4, 4], [2, 2, 18, 2], svt: true),
        "alt_gvt_large" => RefTwins.Logits(run, image, [128, 256, 512, 1024], [4, 8, 16, 32], [4, 4, 4, 4], [2, 2, 18, 2], svt: true),
        "Res2Net50_26w_4s" => RefRes2Net.Logits(run, image, vd: false, [3, 4, 6, 3], 26, 4),
        "Res2Net50_14w_8s" => RefRes2Net.Logits(run, image, vd: false, [3, 4, 6, 3], 14, 8),
        "Res2Net50_vd_26w_4s" => RefRes2Net.Logits(run, image, vd: true, [3, 4, 6, 3], 26, 4),
        "Res2Net101_vd_26w_4s" => RefRes2Net.Logits(run, image, vd: true, [3, 4, 23, 3], 26, 4),
        "Res2Net200_vd_26w_4s" => RefRes2Net.Logits(run, image, vd: true, [3, 12, 48, 3], 26, 4),
        "TNT_small" => RefTnt.Logits(run, image, 384, 24, 6),
        "TNT_base" => RefTnt.Logits(run, image, 640, 40, 10),
        "DPN68" => RefDpn.Logits(run, image, 10, 3, 128, 32, [3, 4, 12, 3], [16, 32, 32, 64], 64),
        "DPN92" => RefDpn.Logits(run, image, 64, 7, 96, 32, [3, 4, 20, 3], [16, 32, 24, 128], 256),
        "DPN98" => RefDpn.Logits(run, image, 96, 7, 160, 40, [3, 6, 20, 3], [16, 32, 32, 128], 256),
        "DPN107" => RefDpn.Logits(run, image, 128, 7, 200, 50, [4, 8, 20, 3], [20, 64, 64, 128], 256),
        "DPN131" => RefDpn.Logits(run, image, 128, 7, 160, 40, [4, 8, 28, 3], [16, 32, 32, 128], 256),
        _ => throw new ArgumentException(name),
    };

    /// <summary>What the network needs and costs, without running it.</summary>
    public static RefRun Outline(string name)
    {
        var run = new RefRun(weights: null);
        Logits(name, run, new RefTensor(null, 3, 224, 224));
        return run;
    }
}
