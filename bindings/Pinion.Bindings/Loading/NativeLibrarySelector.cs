namespace Pinion.Bindings;

/// <summary>
/// Tries SDKs in order and takes the first that can run engines. One that was asked for by name may also be able to build them only. Where a GPU is, and an
/// SDK for it that does not work, the CPU computes only if it is asked for: a service would be many times slower without a word.
/// </summary>
internal static class NativeLibrarySelector
{
    internal static NativeLoadResult Select(NativeLoadOptions options)
    {
        IEnumerable<string> candidates = options.ForcedSdk is null
            ? NativeSdk.All
            : NativeSdk.All.Where(s => s == options.ForcedSdk);

        var attempts = new List<NativeLoadAttempt>();
        foreach (string sdk in candidates)
        {
            bool needsWord = options.ForcedSdk is null && !NativeSdk.ComputesOnGpu(sdk)
                && attempts.Any(a => NativeSdk.ComputesOnGpu(a.Sdk) && a.Outcome != NativeLoadOutcome.NotFound);
            if (needsWord && options.CountGpus() > 0)
            {
                return new NativeLoadResult { LeavesGpuIdle = true, Attempts = attempts };
            }

            NativeLoadAttempt attempt = NativeLibraryCandidate.Try(sdk, options, out nint handle);
            attempts.Add(attempt);
            if (attempt.Outcome == NativeLoadOutcome.Usable || (options.ForcedSdk is not null && attempt.IsOfUse))
            {
                return new NativeLoadResult
                {
                    Sdk = sdk,
                    LibraryPath = attempt.Path,
                    Handle = handle,
                    ForcedSdk = options.ForcedSdk,
                    ForcedBy = options.ForcedBy,
                    Attempts = attempts,
                };
            }
        }

        return new NativeLoadResult { ForcedSdk = options.ForcedSdk, ForcedBy = options.ForcedBy, Attempts = attempts };
    }

    /// <summary>Tries every SDK, whichever is in use, to say what each is worth here.</summary>
    internal static IReadOnlyList<NativeLoadAttempt> TryAll(NativeLoadOptions options) =>
        [.. NativeSdk.All.Select(sdk => NativeLibraryCandidate.Try(sdk, options with { ForcedSdk = sdk, AsksForBuilding = true }, out _))];
}
