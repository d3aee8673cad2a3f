using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Pinion.Serving;

/// <summary>Compares keys by their hashes, all of them, so that the time tells nothing. Threads: any.</summary>
internal sealed class ApiKeyCheck
{
    private const string Scheme = "Bearer ";
    private const int LongestKey = 1024;
    private readonly byte[][] _hashes;

    public ApiKeyCheck(IEnumerable<string> keys) => _hashes = [.. keys.Select(k => SHA256.HashData(Encoding.UTF8.GetBytes(k)))];

    /// <summary>Whether keys are asked for.</summary>
    public bool IsOn => _hashes.Length > 0;

    /// <summary>Finds a key in Authorization: Bearer or x-api-key.</summary>
    /// <exception cref="ServingException">There is none, or not one that is known.</exception>
    public void Require(HttpRequest request)
    {
        if (IsOn && !IsKnown(KeyOf(request.Headers.Authorization, Scheme)) && !IsKnown(KeyOf(request.Headers["x-api-key"], "")))
        {
            throw new ServingException(
                ServingError.Unauthorized, "This server needs a key: send it in the header Authorization, as Bearer KEY, or in x-api-key.");
        }
    }

    internal bool IsKnown(string? key)
    {
        if (key is null || key.Length > LongestKey)
        {
            return false;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), hash);
        bool isKnown = false;
        foreach (byte[] known in _hashes)
        {
            isKnown |= CryptographicOperations.FixedTimeEquals(hash, known);
        }

        return isKnown;
    }

    private static string? KeyOf(StringValues header, string scheme) =>
        header.Count == 1 && header[0] is { } text && text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? text[scheme.Length..].Trim() : null;
}
