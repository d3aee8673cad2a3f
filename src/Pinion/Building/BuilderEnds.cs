using System.Globalization;

namespace Pinion;

/// <summary>Says of a builder process that ended without a result what it died of, and where. Threads: one; any for <see cref="Phase"/>.</summary>
internal sealed class BuilderEnds(Sdk sdk)
{
    private const int SignalBase = 128;
    private const int Kill = 9;
    private const uint WindowsException = 0xC0000000;

    // SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS: what a process does to itself.
    private static readonly int[] Crashes = [4, 5, 6, 7, 8, 11, 31];

    private volatile string _phase = "";
    private string _node = "";

    internal Sdk Sdk { get; set; } = sdk;

    /// <summary>The last of Pinion's own phases; empty before the first.</summary>
    internal string Phase
    {
        get => _phase;
        set => _phase = value;
    }

    internal void ReadCrash(PayloadReader payload)
    {
        _ = payload.Number<int>();
        int nodes = payload.Number<int>();
        Phase = payload.Text();
        string node = payload.Text();
        if (node.Length == 0)
        {
            return;
        }

        // As the parser writes it: NAME [OPERATOR].
        int operation = node.LastIndexOf(" [", StringComparison.Ordinal);
        string name = operation > 0 && node.EndsWith(']') ? $"'{node[..operation]}' ({node[(operation + 2)..^1]})" : $"'{node}'";
        _node = string.Create(CultureInfo.InvariantCulture, $" after node {nodes - 1} {name}");
    }

    internal PinionException Describe(int exitCode, string? torn)
    {
        int signal = OperatingSystem.IsWindows() ? 0 : exitCode - SignalBase;
        if (OperatingSystem.IsWindows() && unchecked((uint)exitCode) >= WindowsException)
        {
            return new PinionException($"{Who} crashed (exception 0x{exitCode:X8}).", PinionStatus.Crashed);
        }

        if (Crashes.Contains(signal))
        {
            return new PinionException($"{Who} crashed (signal {signal}){(Phase == "parse" ? _node : "")}.", PinionStatus.Crashed);
        }

        if (torn is not null)
        {
            return new PinionException($"The answer of the builder process is torn: {torn}.", PinionStatus.Internal);
        }

        if (signal > 0)
        {
            string reason = signal == Kill ? "was ended by the system (signal 9), probably for want of memory" : $"was ended from outside (signal {signal})";
            return new PinionException($"The builder process {reason}{BuildErrors.During(Phase)}.", PinionStatus.Killed);
        }

        return new PinionException($"The builder process ended without a result (exit code {exitCode}){BuildErrors.During(Phase)}.", PinionStatus.Crashed);
    }

    /// <summary>Whose code was at work.</summary>
    private string Who
    {
        get
        {
            string owner = Sdk is Sdk.Nvidia or Sdk.Rtx ? "NVIDIA's" : "The host SDK's";
            return Phase switch
            {
                "parse" => $"{owner} parser",
                "build" => $"{owner} builder",
                _ => "The builder process",
            };
        }
    }
}
