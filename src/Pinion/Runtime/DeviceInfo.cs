namespace Pinion;

/// <summary>A device that engines are built for and run on.</summary>
/// <param name="Index">Its number, as in the option <c>Device</c>.</param>
/// <param name="Name">Its marketing name, such as <c>Tesla T4</c>.</param>
/// <param name="ComputeCapability">SM version such as 7.5; 0.0 where no GPU computes.</param>
/// <param name="TotalBytes">Memory in all.</param>
/// <param name="Multiprocessors">Streaming multiprocessors.</param>
/// <param name="ClockKHz">Highest core clock in kilohertz.</param>
/// <param name="MemoryClockKHz">Highest memory clock in kilohertz.</param>
/// <param name="MemoryBusBits">Width of the memory bus in bits.</param>
/// <param name="L2Bytes">Size of the L2 cache.</param>
/// <param name="PciBusId">Address on the PCI bus; empty where there is none.</param>
public sealed record DeviceInfo(
    int Index,
    string Name,
    Version ComputeCapability,
    long TotalBytes,
    int Multiprocessors,
    int ClockKHz,
    int MemoryClockKHz,
    int MemoryBusBits,
    long L2Bytes,
    string PciBusId);
