namespace Pinion;

/// <summary>What goes with an SDK.</summary>
public static class SdkExtensions
{
    /// <summary><c>nvidia</c>, <c>rtx</c>, <c>cuda</c> or <c>host</c>, as PINION_SDK takes it.</summary>
    public static string GetName(this Sdk sdk) => EnumNames.Of(sdk);
}
