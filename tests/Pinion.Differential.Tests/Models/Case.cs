using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;

namespace Pinion.Differential.Tests;

/// <summary>A model that both SDKs are asked about.</summary>
/// <param name="Name">Stable: the table of differences and the split go by it.</param>
/// <param name="Opset">Of ONNX's own operators.</param>
/// <param name="IsValid">Whether ONNX's checker is to take it; null where that is not said.</param>
/// <param name="Write">Makes its bytes, the same each time.</param>
internal sealed record Case(string Name, int Opset, bool? IsValid, Func<byte[]> Write)
{
    /// <summary>Chosen once. Who mends the host does not look at the cases that it sets apart, so that these measure how far mending reaches.</summary>
    private const string Seed = "pinion differential 1";

    private const int Parts = 5;

    public Case(string name, int opset, bool? isValid, Func<ModelProto> model)
        : this(name, opset, isValid, () => model().ToByteArray())
    {
    }

    /// <summary>Whether it belongs to the fifth whose answers nobody reads one by one.</summary>
    public bool IsHeldOut => Number(Seed, Name) % Parts == 0;

    /// <summary>A number that is the same on every machine and in every run.</summary>
    public static uint Number(string seed, string text) => BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{text}")));
}
