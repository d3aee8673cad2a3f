using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pinion.Vision;

/// <summary>A pixel's four bytes as four numbers, and back.</summary>
internal static class Lanes
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Load(ref byte pixel) =>
        Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(ref pixel)).AsByte())).AsInt32();

    /// <summary>Of numbers from 0 to 255.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ToBytes(Vector128<int> numbers)
    {
        var halves = Vector128.Narrow(numbers.AsUInt32(), numbers.AsUInt32());
        return Vector128.Narrow(halves, halves).AsUInt32().ToScalar();
    }
}
