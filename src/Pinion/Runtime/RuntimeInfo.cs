namespace Pinion;

/// <summary>The native library in use and the versions that it was compiled with and has loaded.</summary>
/// <param name="Sdk">What it stands on.</param>
/// <param name="TensorRtCompiled">Version of the headers.</param>
/// <param name="TensorRtLoaded">Version of the library, or null if unknown.</param>
/// <param name="CudaCompiled">Version of the headers, or null if unknown.</param>
/// <param name="CudaRuntime">Version of the CUDA runtime, or null if unknown.</param>
/// <param name="CudaDriver">Newest CUDA version that the driver supports, or null without a driver.</param>
/// <param name="FastFp16">Whether the current device computes FP16 faster than FP32.</param>
/// <param name="OnnxRuntimeVersion">ONNX Runtime behind the SDKs <c>cuda</c> and <c>host</c>; null if there is none.</param>
/// <param name="OnnxRuntimePath">Where it was loaded from; null if there is none.</param>
/// <param name="OnnxRuntimeError">Why it does not load; null if it does or is not needed.</param>
/// <param name="PinionVersion">Version of the native library.</param>
/// <param name="LibraryPath">The native library's file.</param>
/// <param name="HostThreads">Threads that compute an operator with the SDKs <c>cuda</c> and <c>host</c>; null where a GPU computes or ONNX Runtime
/// chooses.</param>
/// <param name="TensorRtBuild">The fourth number of <paramref name="TensorRtLoaded"/>; null where the library does not tell it, before version 10.</param>
public sealed record RuntimeInfo(
    Sdk Sdk,
    Version? TensorRtCompiled,
    Version? TensorRtLoaded,
    Version? CudaCompiled,
    Version? CudaRuntime,
    Version? CudaDriver,
    bool FastFp16,
    string? OnnxRuntimeVersion,
    string? OnnxRuntimePath,
    string? OnnxRuntimeError,
    string PinionVersion,
    string LibraryPath,
    int? HostThreads,
    int? TensorRtBuild = null)
{
    /// <summary>Whether models are computed by an NVIDIA GPU, rather than by ONNX Runtime on the CPU.</summary>
    public bool ComputesOnGpu => Sdk is Sdk.Nvidia or Sdk.Rtx;
}
