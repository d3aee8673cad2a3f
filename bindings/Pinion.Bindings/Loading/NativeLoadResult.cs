using System.Text;

namespace Pinion.Bindings;

/// <summary>The outcome of a search, complete and unchanging.</summary>
internal sealed record NativeLoadResult
{
    /// <summary>The SDK that is loaded; null if none is.</summary>
    internal string? Sdk { get; init; }

    /// <summary>The loaded library's file.</summary>
    internal string? LibraryPath { get; init; }

    internal nint Handle { get; init; }

    /// <summary>The one SDK that was asked for, if any was.</summary>
    internal string? ForcedSdk { get; init; }

    /// <inheritdoc cref="NativeLoadOptions.ForcedBy"/>
    internal string ForcedBy { get; init; } = "";

    /// <summary>Whether nothing is loaded because the CPU would compute beside a GPU, for which an SDK is installed that does not work.</summary>
    internal bool LeavesGpuIdle { get; init; }

    /// <summary>Every SDK that was tried, in order. The last one is the loaded one, if any is.</summary>
    internal required IReadOnlyList<NativeLoadAttempt> Attempts { get; init; }

    internal bool IsLoaded => Sdk is not null;

    /// <summary>Why nothing is loaded; empty if something is.</summary>
    internal string FailureMessage()
    {
        if (IsLoaded)
        {
            return "";
        }

        var text = new StringBuilder();
        if (ForcedSdk is not null && Attempts.Count == 0)
        {
            text.Append($"{ForcedBy} is unknown: use {string.Join(", ", NativeSdk.All)}, or leave it unset.");
            return text.ToString();
        }

        bool isMissing = Attempts.All(a => a.Outcome == NativeLoadOutcome.NotFound);
        text.Append((ForcedSdk, isMissing) switch
        {
            _ when LeavesGpuIdle => "This machine has an NVIDIA GPU, and the SDK installed for it does not work: mend that, "
                + $"or choose the CPU with {NativeLoadOptions.SdkVariable}={NativeSdk.Host} or PinionRuntime.Use(Sdk.Host).",
            (null, true) => "There is no native library of Pinion in this application: add the package "
                + $"{NativeSdk.Package(NativeSdk.Host)} to compute on the CPU, or {NativeSdk.Package(NativeSdk.Nvidia)} for TensorRT on a GPU.",
            (null, false) => "No native library of Pinion is usable here.",
            (_, true) => $"{ForcedBy} has no native library in this application: {NativeSdk.HowToAdd(ForcedSdk)}.",
            (_, false) => $"{ForcedBy} is not usable here.",
        });
        foreach (NativeLoadAttempt attempt in Attempts.Where(a => !LeavesGpuIdle || a.Outcome != NativeLoadOutcome.NotFound))
        {
            text.Append('\n').Append("  ").Append(attempt.Sdk).Append(": ").Append(attempt.RunProblem);
        }

        return text.ToString();
    }
}
