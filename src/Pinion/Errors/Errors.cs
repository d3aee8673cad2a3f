using System.Runtime.CompilerServices;

namespace Pinion;

#pragma warning disable CA2208 // The parameter named is that of the method which throws.

/// <summary>Every exception that Pinion throws is made here. A message names the thing, the limit and the way out.</summary>
internal static unsafe class Errors
{
    /// <summary>Throws the error of a failed native call. The success path is a compare.</summary>
    internal static void Check(int status, pn_error* error)
    {
        if (status != (int)pn_status.PN_OK)
        {
            throw Native(status, error);
        }
    }

    /// <summary>Takes ownership of the native error.</summary>
    internal static PinionException Native(int status, pn_error* error)
    {
        var native = NativeError.Take(status, error);
        var kind = (PinionStatus)status;
        string message = native.Message.Length > 0 ? native.Message : $"The native layer failed with status {kind}.";
        return kind == PinionStatus.PlanMismatch
            ? new PlanMismatchException(message, native.BuiltWith, native.RunningOn, native.Operation, native.Log)
            : new PinionException(message, kind, native.Operation, native.Log);
    }

    internal static PinionLoadException NotLoaded(NativeLoadResult result) =>
        new(result.FailureMessage(), PinionRuntime.ToUnavailable(result.Attempts));

    // ------------------------------------------------------------ arguments

    internal static void ThrowIfUndefined<T>(T value, [CallerArgumentExpression(nameof(value))] string? name = null)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} is none of {string.Join(", ", Enum.GetNames<T>())}.");
        }
    }

    internal static void ThrowIfAnyNull<T>(IReadOnlyList<T> items, string name)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(items, name);
        for (int i = 0; i < items.Count; i++)
        {
            if (items[i] is null)
            {
                throw new ArgumentException($"{name}[{i}] is null.", name);
            }
        }
    }

    internal static ArgumentException RankTooLarge(int rank, string name) =>
        new($"A shape has at most {TensorShape.MaxRank} dimensions, not {rank}.", name);

    internal static ArgumentException NegativeDimension(long dimension, string name) =>
        new($"{dimension} is no dimension: use 0 or more, or -1 for a dynamic one.", name);

    internal static InvalidOperationException DynamicShapeHasNoCount(TensorShape shape) =>
        new($"The shape {shape} is dynamic and has no element count.");

    internal static InvalidOperationException ScalarHasNoBatch() => new("A scalar has no first dimension.");

    internal static FormatException BadShape(ReadOnlySpan<char> text) =>
        new($"'{text}' is no shape: write it as 1x3x224x224, with at most {TensorShape.MaxRank} dimensions, -1 where dynamic.");

    internal static FormatException BadProfile(string text, string reason) =>
        new($"'{text}' is no optimization profile: {reason}; write it as x:min=1x3x48x192,opt=4x3x48x320,max=8x3x48x640, inputs separated by spaces or semicolons.");

    internal static ArgumentException ProfileRanksDiffer(string tensor, TensorShape min, TensorShape opt, TensorShape max) =>
        new($"The shapes of '{tensor}' in a profile differ in rank: min={min}, opt={opt}, max={max} have the ranks {min.Rank}, {opt.Rank}, {max.Rank}.");

    internal static ArgumentException ProfileInverted(string tensor, int dimension, TensorShape min, TensorShape opt, TensorShape max) =>
        new($"In a profile, dimension {dimension} of '{tensor}' is min {min[dimension]}, opt {opt[dimension]}, max {max[dimension]}; it must be 0 <= min <= opt <= max (min={min}, opt={opt}, max={max}).");

    internal static ArgumentException ProfileRepeats(string tensor) => new($"The profile has a range for '{tensor}' already: it cannot give '{tensor}' twice.");

    internal static ArgumentOutOfRangeException OptimizationLevelOutOfRange(int level) =>
        new(nameof(EngineBuildOptions.OptimizationLevel), level, "The optimization level is 0 to 5, or null for TensorRT's own choice.");

    internal static ArgumentException LayerPrecisionsWithoutConstraints() =>
        new("LayerPrecisions have no effect without PrecisionConstraints: choose Prefer or Obey.", nameof(EngineBuildOptions.LayerPrecisions));

    internal static ArgumentOutOfRangeException NoSuchProfile(int profile, int count) =>
        new(nameof(SessionOptions.Profile), profile, $"The engine has {Count(count, "optimization profile")}, numbered from 0: there is no profile {profile}.");

    internal static ArgumentException EmptyMemory(string name) => new("There is no memory to register: it is empty.", name);

    internal static ArgumentException CopyTooLarge(long offset, long bytes, long size) =>
        new($"{bytes} bytes at offset {offset} do not fit a device buffer of {size} bytes.");

    // ------------------------------------------------------------ tensors and shapes

    internal static ArgumentException UnknownTensor(string name, string kind, IReadOnlyList<TensorInfo> candidates) =>
        new($"There is no {kind} '{name}'. {NearestName.Hint(name, [.. candidates.Select(t => t.Name)])}", nameof(name));

    internal static ArgumentException WrongMode(TensorInfo tensor) => tensor.Mode == TensorMode.Input
        ? new($"'{tensor.Name}' is an input, not an output.", "name")
        : new($"'{tensor.Name}' is an output, not an input.", "name");

    internal static ArgumentException WrongType<T>(TensorInfo tensor)
        where T : unmanaged =>
        new($"'{tensor.Name}' is {tensor.DataType}: use {TensorDataTypeExtensions.GetKeyword(tensor.DataType.GetElementType())}, not {TensorDataTypeExtensions.GetKeyword(typeof(T))}.", nameof(T));

    internal static ArgumentException ShapeOutsideProfile(TensorInfo input, TensorShape shape, ShapeRange range) => range.Min == range.Max
        ? new($"The input '{input.Name}' has the fixed shape {range.Min}, not {shape}.", nameof(shape))
        : new($"The shape {shape} of the input '{input.Name}' lies outside the profile: min={range.Min}, max={range.Max}.", nameof(shape));

    internal static ArgumentException BatchOutsideProfile(TensorInfo input, int batch, ShapeRange range) =>
        new ArgumentOutOfRangeException(nameof(batch), batch, $"The profile admits batches of {range.Min[0]} to {range.Max[0]} for the input '{input.Name}'.");

    internal static ArgumentException BatchIsFixed(int batch, IReadOnlyList<TensorInfo> inputs) =>
        new($"No input has a dynamic first dimension ({string.Join(", ", inputs.Select(i => $"'{i.Name}' {i.Shape}"))}), so the batch cannot be {batch}.", nameof(batch));

    internal static ArgumentException InputGivenTwice(string input) => new($"The input '{input}' is given two shapes.", "shapes");

    internal static ArgumentException ShapeMissing(TensorInfo input, ShapeRange range) =>
        new($"The dynamic input '{input.Name}' ({input.Shape}) is given no shape; the profile admits {range.Min} to {range.Max}.", "shapes");

    internal static InvalidOperationException ShapeNotSet(TensorInfo input, ShapeRange range) =>
        new($"The dynamic input '{input.Name}' ({input.Shape}) has no shape yet: call SetShape, SetBatch or Run(batch); the profile admits {range.Min} to {range.Max}.");

    internal static ArgumentException ForeignVariant(string name) => new("The variant was prepared by another session.", name);

    internal static ArgumentException BindingTooSmall(TensorInfo tensor, long bytes, long needed) =>
        new($"'{tensor.Name}' needs {needed} bytes in the largest prepared shape, but {bytes} are bound to it.");

    internal static InvalidOperationException BoundToDevice(TensorInfo tensor) =>
        new($"'{tensor.Name}' is bound to device memory, which the host cannot read or write: copy with DeviceBuffer, or call Unbind.");

    internal static InvalidOperationException ShapeBeyondMemory(TensorInfo tensor, long bytes, long needed) =>
        new($"'{tensor.Name}' needs {needed} bytes in the shape that is set, but {bytes} are bound to it.");

    internal static InvalidOperationException TensorTooLargeForSpan(TensorInfo tensor) =>
        new($"'{tensor.Name}' has more than {int.MaxValue} elements, too many for a span.");

    internal static PinionException UnknownDataType(string? type, string? tensor) =>
        new($"The tensor '{tensor}' has the element type '{type}', which this Pinion does not know.", PinionStatus.Unsupported, "describe");

    // ------------------------------------------------------------ states

    internal static void ThrowIfDisposed(bool disposed, object instance) => ObjectDisposedException.ThrowIf(disposed, instance);

    internal static ObjectDisposedException Disposed(object instance) => new(instance.GetType().FullName);

    internal static ObjectDisposedException LeaseEnded() =>
        new(nameof(SessionLease), "The lease was disposed, or it was never given: rent a session from the pool.");

    /// <param name="state">What the session is doing, and what to do about it.</param>
    internal static InvalidOperationException NotIdle(string state) => new($"The session {state}.");

    internal static InvalidOperationException NothingEnqueued() => new("The session has nothing in flight: call Enqueue before Poll or Wait.");

    internal static InvalidOperationException NoRunYet() => new("The session has no completed run yet: there is nothing to read.");

    internal static InvalidOperationException PlanTooLargeForSpan(ulong bytes) =>
        new($"The plan has {bytes} bytes, too many for a span: use Save.");

    internal static OperationCanceledException BuildCancelled(PinionException failure, CancellationToken cancellation) =>
        new("The build was cancelled.", failure, cancellation);

    internal static PinionException ProgressThrew(Exception exception) =>
        new($"The build was ended by its progress receiver: {exception.Message}", PinionStatus.Cancelled, "build", innerException: exception);

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
