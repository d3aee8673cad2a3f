using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Pinion.TestSupport;

/// <summary>Rewrites fields of a plan's header and its checksum, as another machine would have written them.</summary>
internal static class PlanEditor
{
    private const int PayloadOffsetField = 12;
    private const int PayloadBytesField = 16;
    private const int PayloadHashField = 24;
    private const int HeaderHashField = 32;
    private const int TensorRtVersionField = 40;
    private const int SdkField = 44;
    private const int SmMajorField = 48;
    private const int JsonBytesField = 68;
    private const int DeviceNameField = 72;
    private const int DeviceNameBytes = 256;
    private const int JsonStart = 432;
    private const int NvidiaSdk = 0;

    public static int PayloadOffset(byte[] plan) => BinaryPrimitives.ReadInt32LittleEndian(plan.AsSpan(PayloadOffsetField));

    public static byte[] WithTensorRt(byte[] plan, int version) => Edit(plan, p => Write(p, TensorRtVersionField, version));

    public static byte[] WithDevice(byte[] plan, string name, int smMajor) => Edit(plan, p =>
    {
        Write(p, SmMajorField, smMajor);
        p.AsSpan(DeviceNameField, DeviceNameBytes).Clear();
        Encoding.UTF8.GetBytes(name, p.AsSpan(DeviceNameField));
    });

    /// <summary>The plan as the nvidia SDK would have written it, around other bytes of TensorRT's; their length is a multiple of 32.</summary>
    public static byte[] OfNvidia(byte[] plan, byte[] payload) => Edit([.. plan.AsSpan(0, PayloadOffset(plan)), .. payload], p =>
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(p.AsSpan(JsonBytesField));
        string json = Encoding.UTF8.GetString(p, JsonStart, length).Replace("\"sdk\": \"host\"", "\"sdk\": \"nvidia\"", StringComparison.Ordinal);
        Assert.That(json, Does.Contain("nvidia"));
        Write(p, JsonBytesField, Encoding.UTF8.GetBytes(json, p.AsSpan(JsonStart)));
        Write(p, SdkField, NvidiaSdk);
        BinaryPrimitives.WriteInt64LittleEndian(p.AsSpan(PayloadBytesField), payload.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(p.AsSpan(PayloadHashField), Xxh64(payload));
    });

    private static void Write(byte[] plan, int field, int value) => BinaryPrimitives.WriteInt32LittleEndian(plan.AsSpan(field), value);

    private static byte[] Edit(byte[] plan, Action<byte[]> edit)
    {
        byte[] edited = [.. plan];
        edit(edited);
        edited.AsSpan(HeaderHashField, sizeof(ulong)).Clear();
        ulong hash = Xxh64(edited.AsSpan(0, PayloadOffset(edited)));
        BinaryPrimitives.WriteUInt64LittleEndian(edited.AsSpan(HeaderHashField), hash);
        return edited;
    }

    /// <summary>The checksum of headers; their length is a multiple of 32, so the tail of the algorithm never runs.</summary>
    private static ulong Xxh64(ReadOnlySpan<byte> data)
    {
        const ulong P1 = 0x9E3779B185EBCA87, P2 = 0xC2B2AE3D27D4EB4F, P3 = 0x165667B19E3779F9, P4 = 0x85EBCA77C2B2AE63;
        static ulong Round(ulong lane, ulong input) => BitOperations.RotateLeft(lane + (input * P2), 31) * P1;

        Assert.That(data.Length % 32, Is.Zero);
        Span<ulong> lanes = [unchecked(P1 + P2), P2, 0, unchecked(0UL - P1)];
        for (int i = 0; i < data.Length; i += 8)
        {
            ref ulong lane = ref lanes[i / 8 % 4];
            lane = Round(lane, BinaryPrimitives.ReadUInt64LittleEndian(data[i..]));
        }

        ulong hash = BitOperations.RotateLeft(lanes[0], 1) + BitOperations.RotateLeft(lanes[1], 7)
            + BitOperations.RotateLeft(lanes[2], 12) + BitOperations.RotateLeft(lanes[3], 18);
        foreach (ulong lane in lanes)
        {
            hash = ((hash ^ Round(0, lane)) * P1) + P4;
        }

        hash += (ulong)data.Length;
        hash = (hash ^ (hash >> 33)) * P2;
        hash = (hash ^ (hash >> 29)) * P3;
        return hash ^ (hash >> 32);
    }
}
