using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>Loading asks for a plan's verdict.</summary>
public sealed class VerificationTests
{
    /// <summary>FP32 needs no verdict, and a raw plan cannot have one.</summary>
    [Test]
    public void A_verdict_is_asked_of_FP16_alone()
    {
        var required = new EngineLoadOptions { RequireVerified = VerificationLevel.Device };
        using Plan full = EngineBuilder.Build(TestModels.Identity.ToBytes());
        using var engine = Engine.Load(full, required);
        using Plan raw = EngineBuilder.Build(TestModels.Identity.ToBytes(), new EngineBuildOptions { Raw = true });
        Check.Throws<PlanNotVerifiedException>(() => Engine.Load(raw, required), "raw plan");
        Assert.Throws<ArgumentOutOfRangeException>(() => Engine.Load(full, new EngineLoadOptions { RequireVerified = (VerificationLevel)7 }));
    }
}
