using System.Text.Json.Serialization;

namespace Pinion;

/// <summary>What the native library stands on. In text and JSON the names are <c>nvidia</c>, <c>rtx</c>, <c>cuda</c> and <c>host</c>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Sdk>))]
public enum Sdk
{
    /// <summary>TensorRT on a GPU.</summary>
    [JsonStringEnumMemberName("nvidia")]
    Nvidia,

    /// <summary>TensorRT for RTX: builds without a GPU for Turing and newer, runs on those.</summary>
    [JsonStringEnumMemberName("rtx")]
    Rtx,

    /// <summary>Models computed on the CPU; memory, streams and copies of a GPU.</summary>
    [JsonStringEnumMemberName("cuda")]
    Cuda,

    /// <summary>Everything on the CPU.</summary>
    [JsonStringEnumMemberName("host")]
    Host,
}
