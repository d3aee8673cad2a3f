namespace Pinion;

#pragma warning disable CA2208 // The parameter named is that of the method which throws.

/// <summary>What is wrong with the use of a session.</summary>
internal static class SessionErrors
{
    internal static ArgumentOutOfRangeException NoSuchProfile(int profile, int count) =>
        new(nameof(SessionOptions.Profile), profile, $"The engine has {Count(count, "optimization profile")}, numbered from 0: there is no profile {profile}.");

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

    internal static ObjectDisposedException LeaseEnded() =>
        new(nameof(SessionLease), "The lease was disposed, or it was never given: rent a session from the pool.");

    /// <param name="state">What the session is doing, and what to do about it.</param>
    internal static InvalidOperationException NotIdle(string state) => new($"The session {state}.");

    internal static InvalidOperationException NothingEnqueued() => new("The session has nothing in flight: call Enqueue before Poll or Wait.");

    /// <param name="why">What became of the last run; null if there was none.</param>
    internal static InvalidOperationException NoRun(string? why) => new(why is null
        ? "The session has no completed run yet: there is nothing to read."
        : $"The session has no completed run to read: {why}. Run it again.");

    internal static InvalidOperationException ShapesChanged(IReadOnlyList<TensorInfo> inputs, ShapeVariant last) => new(
        $"The outputs are those of the last run, with {string.Join(", ", inputs.Select((input, i) => $"'{input.Name}' as {last.Shapes[i]}"))};"
        + " other shapes were set since: run first, or set these again.");

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
