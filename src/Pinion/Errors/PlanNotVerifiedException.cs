namespace Pinion;

/// <summary>A plan has not the verdict that <see cref="EngineLoadOptions.RequireVerified"/> asks for. <c>pinion verify</c> gives it one.</summary>
public sealed class PlanNotVerifiedException : PinionException
{
    /// <summary>Makes an exception.</summary>
    public PlanNotVerifiedException(string message)
        : base(message, PinionStatus.InvalidState, "load engine")
    {
    }
}
