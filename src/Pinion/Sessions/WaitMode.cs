namespace Pinion;

/// <summary>How a thread waits for the device.</summary>
public enum WaitMode
{
    /// <summary>It sleeps: least CPU.</summary>
    Block = 0,

    /// <summary>It polls: least latency, at the price of a CPU core while it waits.</summary>
    Spin = 1,
}
