using System.Buffers.Binary;
using System.Text;

namespace Pinion.TestSupport;

/// <summary>Makes .npy files with any header, right or wrong.</summary>
internal static class NpyBytes
{
    public static byte[] Make(int major, string header, byte[] data)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        byte[] length = new byte[major == 1 ? 2 : 4];
        if (major == 1)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)text.Length);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
        }

        return [0x93, .. "NUMPY"u8, (byte)major, 0, .. length, .. text, .. data];
    }

    public static byte[] Float32(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];
}
