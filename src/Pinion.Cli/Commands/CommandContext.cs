namespace Pinion.Cli;

/// <summary>What every command's work gets: where to write, and the wish to stop.</summary>
internal sealed record CommandContext(Terminal Terminal, Interrupt Interrupt)
{
    public CancellationToken Token => Interrupt.Token;
}
