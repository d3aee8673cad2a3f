using System.Runtime.CompilerServices;

namespace Pinion;

#pragma warning disable CA2208 // The parameter named is that of the method which throws.

/// <summary>Errors of native calls and of arguments, as every room needs them; each room has its own beside it. A message names the thing, the limit and the way out.</summary>
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
    internal static PinionException Native(int status, pn_error* error) => Native(NativeError.Take(status, error));

    internal static PinionException Native(NativeError native)
    {
        var kind = (PinionStatus)native.Status;
        string message = native.Message.Length > 0 ? native.Message : $"The native layer failed with status {kind}.";
        return kind == PinionStatus.PlanMismatch
            ? new PlanMismatchException(message, native.BuiltWith, native.RunningOn, native.Operation, native.Log)
            : new PinionException(message, kind, native.Operation, native.Log);
    }

    /// <summary>As <see cref="Check"/>, where a file that is not there is .NET's own exception.</summary>
    internal static void CheckFile(int status, pn_error* error, string path)
    {
        if (status != (int)pn_status.PN_OK)
        {
            throw About(path, Native(status, error));
        }
    }

    /// <summary>What a failure that concerns a file is thrown as.</summary>
    internal static Exception About(string? file, PinionException failure) =>
        failure.Status == PinionStatus.NotFound && file is not null && !File.Exists(file) ? new FileNotFoundException(failure.Message, file, failure) : failure;

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

    internal static ArgumentException EmptyMemory(string name) => new("There is no memory to register: it is empty.", name);

    internal static ArgumentException CopyTooLarge(long offset, long bytes, long size) =>
        new($"{bytes} bytes at offset {offset} do not fit a device buffer of {size} bytes.");

    internal static void ThrowIfDisposed(bool disposed, object instance) => ObjectDisposedException.ThrowIf(disposed, instance);

    internal static ObjectDisposedException Disposed(object instance) => new(instance.GetType().FullName);
}
