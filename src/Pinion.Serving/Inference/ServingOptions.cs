namespace Pinion.Serving;

/// <summary>What the endpoints take and whom they answer. Settable, so that configuration can be bound to it.</summary>
public sealed class ServingOptions
{
    private const long SmallestMaxBufferBytes = 4096;

    /// <summary>The most bytes of a request's body. Default: 64 MiB.</summary>
    public long MaxRequestBytes { get; set; } = 64L << 20;

    /// <summary>Inference requests that are read, run or answered at once; more are refused with 429. Default: 256.</summary>
    public int MaxConcurrentRequests { get; set; } = 256;

    /// <summary>The most bytes of the tensors of all requests that are read or run; requests beyond it are refused with 429. The memory that holds
    /// them may be up to twice as large. Default: 1 GiB.</summary>
    public long MaxBufferBytes { get; set; } = 1L << 30;

    /// <summary>Keys, one of which a client must send. Default (empty): everybody is answered. Health is told to everybody in any case.</summary>
    public IList<string> ApiKeys { get; set; } = [];

    /// <summary>What the server calls itself in its metadata. Default: pinion.</summary>
    public string ServerName { get; set; } = "pinion";

    /// <exception cref="ArgumentException">With every problem, a line each.</exception>
    internal static void ThrowIfAny(IEnumerable<string> problems)
    {
        string all = string.Join(Environment.NewLine, problems);
        if (all.Length > 0)
        {
            throw new ArgumentException(all);
        }
    }

    internal IEnumerable<string> FindProblems()
    {
        if (MaxRequestBytes < 1 || MaxRequestBytes > Array.MaxLength)
        {
            yield return $"MaxRequestBytes is {MaxRequestBytes}; it must be 1 to {Array.MaxLength}.";
        }

        if (MaxConcurrentRequests < 1)
        {
            yield return $"MaxConcurrentRequests is {MaxConcurrentRequests}; it must be at least 1.";
        }

        if (MaxBufferBytes < SmallestMaxBufferBytes)
        {
            yield return $"MaxBufferBytes is {MaxBufferBytes}; it must be at least {SmallestMaxBufferBytes}.";
        }

        if (string.IsNullOrEmpty(ServerName))
        {
            yield return "ServerName is empty; leave it out for 'pinion'.";
        }

        if (ApiKeys is null)
        {
            yield return "ApiKeys is null; leave it out to answer everybody.";
            yield break;
        }

        for (int i = 0; i < ApiKeys.Count; i++)
        {
            if (ApiKeyFile.FindProblem(ApiKeys[i], $"ApiKeys[{i}]") is { } problem)
            {
                yield return problem;
            }
        }
    }
}
