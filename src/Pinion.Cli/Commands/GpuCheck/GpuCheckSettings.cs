namespace Pinion.Cli;

/// <summary>What is checked, with what, and for how long.</summary>
/// <param name="Folder">The unpacked archive: its tests, references and models.</param>
/// <param name="Tests">The folder of the native tests' programs; null: that of the SDK in <paramref name="Folder"/>.</param>
/// <param name="Sdk">The SDK to check; null: the first that runs here.</param>
/// <param name="Limit">When the whole ends at the latest.</param>
/// <param name="Quick">Whether the check itself is tried: figures are then no figures.</param>
internal sealed record GpuCheckSettings(string Folder, string? Tests, Sdk? Sdk, TimeSpan Limit, bool Quick)
{
    public string References => Path.Combine(Folder, "references");

    public string Models => Path.Combine(Folder, "models");

    /// <summary>Milliseconds that one figure is measured for.</summary>
    public double FigureMs(double milliseconds) => Quick ? 20 : milliseconds;
}
