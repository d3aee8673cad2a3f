using System.Text.Json;

namespace Pinion;

/// <summary>Compares what the headers of two plans say.</summary>
internal static class HeaderComparison
{
    private const string Options = "options";

    // Figures of a verdict differ with every set of samples, and are nothing of the engine's.
    private const string VerdictPlace = "metadata." + EngineVerification.MetadataKey;

    // Compared by themselves, or different in every build.
    private static readonly string[] Skipped = ["raw", "inputs", "outputs", "profiles", "buildSeconds", "checksum"];

    /// <summary>All that the native layer wrote, so that what is new in it is compared as well.</summary>
    internal static void Compare(PlanDescription first, PlanDescription second, List<PlanDifference> differences)
    {
        Dictionary<string, string> one = Flatten(first);
        Dictionary<string, string> other = Flatten(second);
        foreach (string name in one.Keys.Union(other.Keys).OrderBy(IsOption))
        {
            bool isOption = IsOption(name);
            Add(differences, isOption ? PlanAspect.Option : PlanAspect.Header, isOption ? Options : "plan", isOption ? name[(Options.Length + 1)..] : name, one.GetValueOrDefault(name), other.GetValueOrDefault(name));
        }
    }

    internal static void Compare(PlanTensorFacts first, PlanTensorFacts second, List<PlanDifference> differences)
    {
        foreach ((string kind, IReadOnlyList<TensorInfo> one, IReadOnlyList<TensorInfo> other) in new[] { ("input", first.Inputs, second.Inputs), ("output", first.Outputs, second.Outputs) })
        {
            foreach (string name in one.Concat(other).Select(t => t.Name).Distinct(StringComparer.Ordinal))
            {
                TensorInfo? a = one.FirstOrDefault(t => t.Name == name);
                TensorInfo? b = other.FirstOrDefault(t => t.Name == name);
                Add(differences, PlanAspect.Tensor, $"{kind} {name}", "type", a?.DataType.GetName(), b?.DataType.GetName());
                Add(differences, PlanAspect.Tensor, $"{kind} {name}", "shape", a?.Shape.ToString(), b?.Shape.ToString());
            }

            // Callers that go by number see it.
            if (one.Select(t => t.Name).Order(StringComparer.Ordinal).SequenceEqual(other.Select(t => t.Name).Order(StringComparer.Ordinal)))
            {
                Add(differences, PlanAspect.Tensor, $"{kind}s", "order", string.Join(", ", one.Select(t => t.Name)), string.Join(", ", other.Select(t => t.Name)));
            }
        }

        for (int i = 0; i < Math.Max(first.Profiles.Count, second.Profiles.Count); i++)
        {
            IReadOnlyDictionary<string, ShapeRange>? a = i < first.Profiles.Count ? first.Profiles[i].Inputs : null;
            IReadOnlyDictionary<string, ShapeRange>? b = i < second.Profiles.Count ? second.Profiles[i].Inputs : null;
            foreach (string input in (a?.Keys ?? []).Union(b?.Keys ?? []))
            {
                ShapeRange? one = a?.GetValueOrDefault(input);
                ShapeRange? other = b?.GetValueOrDefault(input);
                Add(differences, PlanAspect.Profile, $"profile {i} {input}", "min", one?.Min.ToString(), other?.Min.ToString());
                Add(differences, PlanAspect.Profile, $"profile {i} {input}", "opt", one?.Opt.ToString(), other?.Opt.ToString());
                Add(differences, PlanAspect.Profile, $"profile {i} {input}", "max", one?.Max.ToString(), other?.Max.ToString());
            }
        }
    }

    /// <summary>The values of a JSON tree by their places, <c>model.sha256</c>; a list of values is one.</summary>
    internal static IEnumerable<(string Place, string Value)> Leaves(string place, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                return element.EnumerateObject().SelectMany(p => Leaves(place.Length == 0 ? p.Name : $"{place}.{p.Name}", p.Value));
            case JsonValueKind.Array when element.EnumerateArray().Any(e => e.ValueKind is JsonValueKind.Object or JsonValueKind.Array):
                return element.EnumerateArray().Index().SelectMany(e => Leaves($"{place}[{e.Index}]", e.Item));
            case JsonValueKind.Array:
                return [(place, string.Join(", ", element.EnumerateArray()))];
            default:
                return [(place, element.ToString())];
        }
    }

    private static void Add(List<PlanDifference> differences, PlanAspect aspect, string subject, string property, string? first, string? second)
    {
        if (first != second)
        {
            differences.Add(new PlanDifference(aspect, subject, property, first, second));
        }
    }

    private static Dictionary<string, string> Flatten(PlanDescription plan)
    {
        using var document = JsonDocument.Parse(plan.Json);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string place, string value) in document.RootElement.EnumerateObject().Where(p => !Skipped.Contains(p.Name)).SelectMany(p => Leaves(p.Name, p.Value)))
        {
            if (place != VerdictPlace)
            {
                values.TryAdd(place, value);
            }
        }

        if (plan.Verification is { } verdict)
        {
            values.TryAdd("verified on", $"{verdict.Level}, SDK {verdict.Sdk.GetName()}, SM {verdict.ComputeCapability}");
        }

        return values;
    }

    private static bool IsOption(string name) => name.StartsWith(Options + ".", StringComparison.Ordinal);
}
