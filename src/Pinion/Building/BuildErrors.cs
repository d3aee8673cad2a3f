using System.Globalization;

namespace Pinion;

#pragma warning disable CA2208 // The parameter named is that of the method which throws.

/// <summary>What is wrong with build options, and how a build ends early.</summary>
internal static class BuildErrors
{
    internal static FormatException BadProfile(string text, string reason) =>
        new($"'{text}' is no optimization profile: {reason}; write it as x:min=1x3x48x192,opt=4x3x48x320,max=8x3x48x640, inputs separated by spaces or semicolons.");

    internal static ArgumentException ProfileRanksDiffer(string tensor, TensorShape min, TensorShape opt, TensorShape max) =>
        new($"The shapes of '{tensor}' in a profile differ in rank: min={min}, opt={opt}, max={max} have the ranks {min.Rank}, {opt.Rank}, {max.Rank}.");

    internal static ArgumentException ProfileInverted(string tensor, int dimension, TensorShape min, TensorShape opt, TensorShape max) =>
        new($"In a profile, dimension {dimension} of '{tensor}' is min {min[dimension]}, opt {opt[dimension]}, max {max[dimension]}; it must be 0 <= min <= opt <= max (min={min}, opt={opt}, max={max}).");

    internal static ArgumentException ProfileRepeats(string tensor) => new($"The profile has a range for '{tensor}' already: it cannot give '{tensor}' twice.");

    internal static ArgumentOutOfRangeException OptimizationLevelOutOfRange(int level) =>
        new(nameof(EngineBuildOptions.OptimizationLevel), level, "The optimization level is 0 to 5, or null for TensorRT's own choice.");

    internal static ArgumentOutOfRangeException TimingIterationsOutOfRange(int iterations) =>
        new(nameof(EngineBuildOptions.TimingIterations), iterations, "A tactic is timed by 1 to 10,000 runs, or null for TensorRT's own choice.");

    internal static ArgumentException LayerPrecisionsWithoutConstraints() =>
        new("LayerPrecisions have no effect without PrecisionConstraints: choose Prefer or Obey.", nameof(EngineBuildOptions.LayerPrecisions));

    internal static InvalidOperationException PlanTooLargeForSpan(ulong bytes) =>
        new($"The plan has {bytes} bytes, too many for a span: use Save.");

    internal static OperationCanceledException BuildCancelled(PinionException? failure, CancellationToken cancellation) =>
        new("The build was cancelled.", failure, cancellation);

    internal static PinionException ProgressThrew(Exception exception) =>
        new($"The build was ended by its progress receiver: {exception.Message}", PinionStatus.Cancelled, "build", innerException: exception);

    internal static ArgumentOutOfRangeException TimeLimitOutOfRange(TimeSpan limit) =>
        new(nameof(IsolationOptions.TimeLimit), limit, "The time limit of a build is more than zero, or null for none.");

    internal static PinionException TimeLimitReached(TimeSpan limit, string phase) =>
        new(string.Create(CultureInfo.InvariantCulture, $"The build took longer than its limit of {limit.TotalSeconds:0.###} s and was ended{During(phase)}."), PinionStatus.TimeLimit);

    internal static PinionException MemoryLimitReached(long limit, long resident, string phase) =>
        new(string.Create(CultureInfo.InvariantCulture, $"The build took {resident:N0} bytes of memory, its limit is {limit:N0}, and was ended{During(phase)}."), PinionStatus.MemoryLimit);

    internal static PinionException NoLibraryToBuildWith(BuilderFiles files) =>
        new($"There is no native library of SDK {files.Sdk} in {string.Join(", ", files.Folders)}: {NativeSdk.HowToAdd(files.Sdk)}.", PinionStatus.NotFound, "build");

    internal static PinionException NoBuilderProgram(BuilderFiles files) =>
        new($"{BuilderFiles.ProgramName}, the program of isolated builds, is not in {string.Join(", ", files.Folders)}. It comes with the native library: copy it there, or build in process.",
            PinionStatus.NotFound, "build");

    internal static PinionException BuilderDoesNotStart(string program, Exception reason) =>
        new($"{program} does not start: {reason.Message}", PinionStatus.IO, "build", innerException: reason);

    internal static PinionException BuilderDoesNotLoad(BuilderFiles files, string reason) =>
        new($"{files.Program} cannot load the library of SDK {files.Sdk}: {reason}", PinionStatus.NotFound, "build");

    internal static PinionException BuilderOfAnotherRelease(BuilderFiles files, uint abi) =>
        new($"{files.Library} has ABI version {abi >> 16}.{abi & 0xffff}, and {NativeConstants.PN_ABI_MAJOR}.{NativeConstants.PN_ABI_MINOR} is needed: "
            + "the native library and the assemblies are of different releases.", PinionStatus.Unsupported, "build");

    /// <summary>Where a build was when it ended, for the end of a sentence.</summary>
    internal static string During(string phase) => phase.Length == 0 ? " before it had begun" : $" in phase '{phase}'";
}
