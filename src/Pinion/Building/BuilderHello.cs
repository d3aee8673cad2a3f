namespace Pinion;

/// <summary>What a builder process says of itself first.</summary>
/// <param name="Sdk">Of its library.</param>
/// <param name="TensorRt">Its TensorRT; null where unknown.</param>
/// <param name="TensorRtBuild">The fourth number of that version; null where the library does not tell it.</param>
internal sealed record BuilderHello(Sdk Sdk, Version? TensorRt, int? TensorRtBuild)
{
    /// <exception cref="PinionException">It is of another release.</exception>
    /// <exception cref="TornStreamException">It is no such frame.</exception>
    internal static BuilderHello Read(PayloadReader payload, BuilderFiles files)
    {
        uint abi = payload.Number<uint>();
        if (abi != BuilderFrames.AbiVersion)
        {
            throw BuildErrors.BuilderOfAnotherRelease(files, abi);
        }

        int sdk = payload.Number<int>();
        Sdk known = sdk switch
        {
            (int)pn_sdk.PN_SDK_NVIDIA => Sdk.Nvidia,
            (int)pn_sdk.PN_SDK_RTX => Sdk.Rtx,
            (int)pn_sdk.PN_SDK_CUDA => Sdk.Cuda,
            (int)pn_sdk.PN_SDK_HOST => Sdk.Host,
            _ => throw new TornStreamException($"SDK {sdk} is unknown"),
        };
        Version? tensorRt = Versions.FromTensorRt(payload.Number<int>());
        int build = payload.Number<int>();
        return new BuilderHello(known, tensorRt, build >= 0 ? build : null);
    }

    /// <summary>Starts a builder process to ask it, and ends it again.</summary>
    /// <exception cref="PinionException">The program or the library is missing, does not start, or is of another release.</exception>
    internal static BuilderHello Ask(BuilderFiles files)
    {
        using var process = BuilderProcess.Start(files);
        try
        {
            FrameHeader header = BuilderFrames.ReadHeader(process.Output) ?? throw new TornStreamException("it ended without a word");
            PayloadReader payload = BuilderFrames.ReadPayload(process.Output, header);
            return header.Kind switch
            {
                FrameKind.Hello => Read(payload, files),
                FrameKind.Unloaded => throw BuildErrors.BuilderDoesNotLoad(files, payload.Rest),
                _ => throw new TornStreamException($"it began with a frame of kind {header.Kind}"),
            };
        }
        catch (TornStreamException e)
        {
            throw BuildErrors.BuilderDoesNotStart(files.Program!, e);
        }
    }
}
