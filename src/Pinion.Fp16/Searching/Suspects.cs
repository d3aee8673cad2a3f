using System.Globalization;
using Pinion.Onnx;

namespace Pinion.Fp16;

/// <summary>The nodes that may have to stay FP32, the likeliest first, and why.</summary>
internal sealed class Suspects
{
    /// <summary>Eight times what rounding once does at most: a node that does no worse by itself is none.</summary>
    private const double OwnErrorOfSuspects = 8.0 / 2048;

    /// <summary>Of those whose digits a suspect may lack, no more than this, or the share below, are spent.</summary>
    private const int MostSources = 64;

    private const int NearSources = 4;

    /// <summary>Where errors merely add up, no more of all nodes than this are spent.</summary>
    private const double ShareWithoutSuspicion = 0.1;
    private const int LeastWithoutSuspicion = 8;

    private readonly Fp16Probe _probe;
    private readonly Dictionary<string, NodeStatistics[]> _statistics;
    private readonly HashSet<string> _half;
    private readonly string[] _ranked;
    private readonly Dictionary<string, int> _order;

    public Suspects(Fp16Probe probe, IReadOnlyList<NodeStatistics> statistics)
    {
        _probe = probe;
        _statistics = statistics.GroupBy(s => s.Node).ToDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
        _half = probe.Points.Where(p => p.Half is not null).Select(p => p.Node).ToHashSet(StringComparer.Ordinal);
        _order = probe.Points.Select(p => p.Node).Distinct().Select((node, i) => (node, i)).ToDictionary(n => n.node, n => n.i, StringComparer.Ordinal);
        // The sort is stable: of equals, such as all that lose values, the first in the model comes first.
        _ranked = [.. probe.Points.Select(p => p.Node).Distinct().Where(_half.Contains).OrderByDescending(ErrorOf)];
    }

    /// <summary>Those that err by themselves; then those that gave them their inputs, whose digits they may lack; then the worst of all nodes, but few.</summary>
    public IEnumerable<IReadOnlyList<string>> Tiers()
    {
        string[] level = [.. _ranked.TakeWhile(n => ErrorOf(n) > OwnErrorOfSuspects)];
        yield return [.. level.SelectMany(WithInner)];
        HashSet<string> reached = level.ToHashSet(StringComparer.Ordinal);
        int most = Math.Max(MostSources, (int)(_half.Count * ShareWithoutSuspicion));
        while (level.Length > 0 && reached.Count <= most)
        {
            level = [.. level.SelectMany(HalfSources).Where(reached.Add)];
            yield return [.. level.SelectMany(WithInner)];
        }

        int few = Math.Max(LeastWithoutSuspicion, (int)(_half.Count * ShareWithoutSuspicion));
        yield return [.. _ranked.Take(few).SelectMany(WithInner)];
    }

    /// <summary>Why each of some nodes is kept.</summary>
    public IReadOnlyDictionary<string, string> Reasons(IReadOnlyList<string> kept) => kept.OrderBy(n => _order.GetValueOrDefault(n, int.MaxValue)).ToDictionary(n => n, n => Reason(n, kept), StringComparer.Ordinal);

    private double ErrorOf(string node) => _statistics.TryGetValue(node, out NodeStatistics[]? values) ? values.Max(v => v.OwnError ?? 0) : double.PositiveInfinity;

    /// <summary>The nearest nodes in FP16 that a node's inputs come from.</summary>
    private IEnumerable<string> HalfSources(string node)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var pending = new Stack<string>(_probe.Sources.GetValueOrDefault(node) ?? []);
        while (pending.TryPop(out string? source))
        {
            if (!seen.Add(source))
            {
                continue;
            }

            if (_half.Contains(source))
            {
                yield return source;
                continue;
            }

            foreach (string further in _probe.Sources.GetValueOrDefault(source) ?? [])
            {
                pending.Push(further);
            }
        }
    }

    private IEnumerable<string> WithInner(string node) => (_probe.Inner.GetValueOrDefault(node) ?? []).Prepend(node);

    private string Reason(string node, IReadOnlyList<string> kept)
    {
        if (!_statistics.TryGetValue(node, out NodeStatistics[]? values))
        {
            string? outer = _probe.Inner.FirstOrDefault(i => i.Value.Contains(node)).Key;
            return outer is null ? "could not be measured by itself" : $"inside of {outer}, {Reason(outer, [])}";
        }

        if (values.FirstOrDefault(v => v.BeyondShare > 0) is { } beyond)
        {
            return string.Create(CultureInfo.InvariantCulture, $"makes '{beyond.Value}', which reaches {beyond.Largest:G4}; FP16 ends at 65504");
        }

        NodeStatistics worst = values.MaxBy(v => v.OwnError ?? 0)!;
        if (worst.OwnError is not > OwnErrorOfSuspects)
        {
            string? fed = kept.FirstOrDefault(k => k != node && ErrorOf(k) > OwnErrorOfSuspects && IsBehind(node, k, NearSources));
            return fed is null ? "its rounding adds up with that of others" : $"feeds {fed}, which needs more digits than FP16 has";
        }

        NodeStatistics? large = (_probe.Sources.GetValueOrDefault(node) ?? []).SelectMany(s => _statistics.GetValueOrDefault(s) ?? []).FirstOrDefault(v => v.BeyondShare > 0);
        if (large is not null)
        {
            return string.Create(CultureInfo.InvariantCulture, $"reads '{large.Value}', which reaches {large.Largest:G4}; FP16 ends at 65504");
        }

        string small = worst.SubnormalShare > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {worst.SubnormalShare:P0} of '{worst.Value}' lie below 6.1e-5, down to {worst.Smallest:G3}") : "";
        return double.IsFinite(worst.OwnError.Value)
            ? string.Create(CultureInfo.InvariantCulture, $"by itself a relative error of {worst.OwnError:G2} in '{worst.Value}'{small}")
            : $"by itself loses values of '{worst.Value}'{small}";
    }

    private bool IsBehind(string node, string reader, int levels) =>
        levels > 0 && HalfSources(reader).Any(s => s == node || IsBehind(node, s, levels - 1));
}
