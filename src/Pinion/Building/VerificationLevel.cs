using System.Text.Json.Serialization;

namespace Pinion;

/// <summary>What was compared with the FP32 model. In JSON the names are <c>none</c>, <c>model</c> and <c>device</c>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VerificationLevel>))]
public enum VerificationLevel
{
    /// <summary>Nothing.</summary>
    [JsonStringEnumMemberName("none")]
    None = 0,

    /// <summary>The model that the engine was built from: it ran in FP16 where the engine was built, on the host or another device, and the engine itself did not.</summary>
    [JsonStringEnumMemberName("model")]
    Model = 1,

    /// <summary>The engine itself, on the kind of device that it runs on.</summary>
    [JsonStringEnumMemberName("device")]
    Device = 2,
}
