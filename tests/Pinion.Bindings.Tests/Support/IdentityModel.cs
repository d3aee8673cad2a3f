using System.Text;

namespace Pinion.Bindings.Tests;

/// <summary>The smallest useful ONNX file: y = Identity(x), both float[16]. Written field by field, as protobuf puts them.</summary>
internal static class IdentityModel
{
    internal const int Elements = 16;

    internal static byte[] Bytes()
    {
        byte[] node = [.. Text(1, "x"), .. Text(2, "y"), .. Text(4, "Identity")];
        byte[] graph = [.. Message(1, node), .. Text(2, "identity"), .. Message(11, Tensor("x")), .. Message(12, Tensor("y"))];
        return [.. Number(1, 8), .. Message(7, graph), .. Message(8, Number(2, 13))];
    }

    private static byte[] Tensor(string name)
    {
        byte[] shape = Message(1, Number(1, Elements));
        byte[] tensor = [.. Number(1, 1), .. Message(2, shape)];
        return [.. Text(1, name), .. Message(2, Message(1, tensor))];
    }

    private static byte[] Number(int field, byte value) => [(byte)(field << 3), value];

    private static byte[] Text(int field, string value) => Message(field, Encoding.UTF8.GetBytes(value));

    private static byte[] Message(int field, byte[] content) => [(byte)((field << 3) | 2), checked((byte)content.Length), .. content];
}
