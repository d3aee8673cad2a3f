using System.Net;

namespace Pinion.Serving;

/// <summary>How a <see cref="PinionServer"/> listens, and what it bears with.</summary>
public sealed class ServerOptions
{
    private static readonly DurationLimit Limit = new(TimeSpan.FromHours(1), DurationLimit.Seconds);

    /// <summary>The address to listen on. Default: 127.0.0.1, which only this machine reaches.</summary>
    public IPAddress Address { get; set; } = IPAddress.Loopback;

    /// <summary>The port; 0: a free one. Default: 8000.</summary>
    public int Port { get; set; } = 8000;

    /// <summary>Connections at once; more are closed at once. Default: 1024.</summary>
    public int MaxConnections { get; set; } = 1024;

    /// <summary>A client that sends or takes fewer bytes a second is dropped, once <see cref="DataRateGrace"/> has passed. Default: 16384.</summary>
    public double MinBytesPerSecond { get; set; } = 16384;

    /// <summary>More than one second, one hour at most. Default: 5 s.</summary>
    public TimeSpan DataRateGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The time for a request's headers, one hour at most. Default: 10 s.</summary>
    public TimeSpan HeadersTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may be idle, one hour at most. Default: 2 minutes.</summary>
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>What the endpoints take.</summary>
    public ServingOptions Serving { get; } = new();

    /// <exception cref="ArgumentException">With every problem, a line each.</exception>
    internal void Validate() => ServingOptions.ThrowIfAny(FindProblems().Concat(Serving.FindProblems()));

    private IEnumerable<string> FindProblems()
    {
        if (Address is null)
        {
            yield return "Address is null; leave it out for 127.0.0.1.";
        }

        if (Port is < IPEndPoint.MinPort or > IPEndPoint.MaxPort)
        {
            yield return $"Port is {Port}; it must be 0 to {IPEndPoint.MaxPort}. 0 takes a free one.";
        }

        if (MaxConnections < 1)
        {
            yield return $"MaxConnections is {MaxConnections}; it must be at least 1.";
        }

        if (!(MinBytesPerSecond > 0))
        {
            yield return $"MinBytesPerSecond is {MinBytesPerSecond}; it must be above zero.";
        }

        foreach ((string option, TimeSpan value, TimeSpan bound) in new[]
        {
            (nameof(DataRateGrace), DataRateGrace, TimeSpan.FromSeconds(1)), (nameof(HeadersTimeout), HeadersTimeout, TimeSpan.Zero),
            (nameof(KeepAliveTimeout), KeepAliveTimeout, TimeSpan.Zero),
        })
        {
            if (value <= bound)
            {
                yield return $"{option} is {value}; it must be above {bound}. Write {Limit.Example(5)}.";
            }
            else if (Limit.FindExcess(option, value) is { } excess)
            {
                yield return excess;
            }
        }
    }
}
