using System.Text.RegularExpressions;

namespace Pinion.Triton;

/// <summary>A service in a cluster.</summary>
public sealed partial record KserveOptions
{
    internal const string ClaimScheme = "pvc://";

    /// <summary>The service's name: lower-case letters, digits and dashes, at most 53, the first a letter, the last no dash.</summary>
    public required string Name { get; init; }

    /// <summary>The namespace. Default (null): the one that kubectl has.</summary>
    public string? Namespace { get; init; }

    /// <summary>The image of <c>pinion serve</c>, as the Dockerfile builds it.</summary>
    public required string Image { get; init; }

    /// <summary>Where the model repository is, as a URI: <c>pvc://CLAIM/PATH</c> for both servers, others that KServe reads for Triton
    /// alone. Default (null): in the image, at /models.</summary>
    public string? Repository { get; init; }

    /// <summary>GPUs of each replica; 0 to compute on the CPU. Default: 1.</summary>
    public int Gpus { get; init; } = 1;

    /// <summary>Replicas. Default: 2.</summary>
    public int Replicas { get; init; } = 2;

    /// <summary>CPUs that a replica asks for, a quantity such as 2 or 500m. Default: 2.</summary>
    public string Cpu { get; init; } = "2";

    /// <summary>Memory that a replica asks for and is held to, a quantity such as 4Gi. Default: 4Gi.</summary>
    public string Memory { get; init; } = "4Gi";

    /// <summary>Seconds that accepted requests have to finish. Default: 30.</summary>
    public int ShutdownSeconds { get; init; } = 30;

    /// <summary>A secret whose entry <c>key</c> is the API key that the server asks for. Default (null): none is asked for.</summary>
    public string? ApiKeySecret { get; init; }

    /// <summary>Whether <see cref="Repository"/> is a volume claim, which a deployment can mount.</summary>
    public bool IsClaim => Repository?.StartsWith(ClaimScheme, StringComparison.Ordinal) ?? false;

    internal void Validate()
    {
        OptionCheck.Matches(nameof(Name), Name, ServiceName(), "lower-case letters, digits and dashes, at most 53, the first a letter, the last no dash");
        OptionCheck.Matches(nameof(Namespace), Namespace, Label(), "lower-case letters, digits and dashes, at most 63");
        OptionCheck.Matches(nameof(Image), Image, ImageName(), "a name with an optional tag or digest, such as pinion:1.0");
        OptionCheck.Matches(nameof(Repository), Repository, Uri(), "a URI without spaces, such as pvc://CLAIM/PATH or s3://BUCKET/PATH");
        if (IsClaim && (!Claim().IsMatch(Repository!) || Repository!.Split('/').Contains("..")))
        {
            throw new ExportOptionException(
                nameof(Repository), $"'{Repository}' must be pvc://CLAIM/PATH, CLAIM of lower-case letters, digits, dashes and dots, PATH within the claim.");
        }

        OptionCheck.InRange(nameof(Gpus), Gpus, 0, 64);
        OptionCheck.InRange(nameof(Replicas), Replicas, 1, 10_000);
        OptionCheck.Matches(nameof(Cpu), Cpu, Quantity(), "a quantity such as 2 or 500m");
        OptionCheck.Matches(nameof(Memory), Memory, Quantity(), "a quantity such as 4Gi");
        OptionCheck.InRange(nameof(ShutdownSeconds), ShutdownSeconds, 0, 86_400);
        OptionCheck.Matches(nameof(ApiKeySecret), ApiKeySecret, Subdomain(), "lower-case letters, digits, dashes and dots");
    }

    // With -predictor behind it, a label of 63.
    [GeneratedRegex("^[a-z]([-a-z0-9]{0,51}[a-z0-9])?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex ServiceName();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Label();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Subdomain();

    [GeneratedRegex("^[a-zA-Z0-9][a-zA-Z0-9._/:@-]{0,511}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex ImageName();

    [GeneratedRegex("^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Quantity();

    [GeneratedRegex("^[a-z][a-z0-9+.-]*://[^\\s\\p{C}]+\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Uri();

    [GeneratedRegex("^pvc://[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?(/[^\\s]*)?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Claim();
}
