namespace Pinion.Vision;

/// <summary>How an image is resized: the interpolation of one of the two libraries that PaddleClas resizes with.</summary>
public enum Interpolation
{
    /// <summary>OpenCV's <c>INTER_LINEAR</c> on bytes: fixed-point weights of 11 bits, no antialiasing when shrinking.</summary>
    OpenCvBilinear,

    /// <summary>Pillow's <c>BILINEAR</c>: its support grows when shrinking.</summary>
    PillowBilinear,

    /// <summary>Pillow's <c>BICUBIC</c>, a = -0.5; its support grows when shrinking.</summary>
    PillowBicubic,

    /// <summary>Pillow's <c>LANCZOS</c> of three lobes; its support grows when shrinking.</summary>
    PillowLanczos,
}
