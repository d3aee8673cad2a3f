using System.Runtime.InteropServices;

namespace Pinion;

/// <summary>A string as the native layer wants it: UTF-8, NUL-terminated, outside the GC's heap. Null stays null.</summary>
internal readonly unsafe ref struct Utf8Text
{
    internal Utf8Text(string? text) => Pointer = (byte*)Marshal.StringToCoTaskMemUTF8(text);

    internal byte* Pointer { get; }

    internal static string Read(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    internal static string? ReadOrNull(byte* text) => Read(text) is { Length: > 0 } value ? value : null;

    public void Dispose() => Marshal.FreeCoTaskMem((nint)Pointer);
}
