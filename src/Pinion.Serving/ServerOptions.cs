using System.Net;

namespace Pinion.Serving;

/// <summary>How a <see cref="PinionServer"/> listens, and what it bears with.</summary>
public sealed class ServerOptions
{
    /// <summary>The address to listen on. Default: 127.0.0.1, which only this machine reaches.</summary>
    public IPAddress Address { get; set; } = IPAddress.Loopback;

    /// <summary>The port; 0: a free one. Default: 8000.</summary>
    public int Port { get; set; } = 8000;

    /// <summary>Connections at once; more are closed at once. Default: 1024.</summary>
    public int MaxConnections { get; set; } = 1024;

    /// <summary>A client that sends or takes fewer bytes a second is dropped, once <see cref="DataRateGrace"/> has passed. Default: 16384.</summary>
    public double MinBytesPerSecond { get; set; } = 16384;

    /// <summary>More than one second. Default: 5 s.</summary>
    public TimeSpan DataRateGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The time for a request's headers. Default: 10 s.</summary>
    public TimeSpan HeadersTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may be idle. Default: 2 minutes.</summary>
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>What the endpoints take.</summary>
    public ServingOptions Serving { get; } = new();
}
