using System.Reflection;

namespace Pinion.Benchmarks;

/// <summary>
/// What the library keeps to itself: a session's native handle, so that the native twin runs the very same session. By
/// reflection, since no user of the library should have it.
/// </summary>
internal static unsafe class NativeSession
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic;

    public static void* PointerOf(Session session) => Pointer.Unbox(Read(session, "_native"));

    /// <summary>Gives the completions of asynchronous runs back to the library.</summary>
    public static void RestoreCompletion(Session session)
    {
        object completions = Read(session, "_completions");
        MethodInfo register = completions.GetType().GetMethod("Register", Hidden)
            ?? throw new MissingMethodException(completions.GetType().FullName, "Register");
        register.Invoke(completions, [Pointer.Box(PointerOf(session), register.GetParameters()[0].ParameterType)]);
    }

    private static object Read(Session session, string field) =>
        (typeof(Session).GetField(field, Hidden) ?? throw new MissingFieldException(nameof(Session), field)).GetValue(session)!;
}
