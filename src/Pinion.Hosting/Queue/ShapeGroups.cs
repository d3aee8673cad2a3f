using System.Runtime.InteropServices;

namespace Pinion.Hosting;

/// <summary>The groups by their shapes. Those that nobody uses are forgotten when there are many. Under the model's lock.</summary>
internal sealed class ShapeGroups
{
    private const int Kept = 256;

    private readonly Dictionary<int, ShapeGroup> _byHash = [];

    /// <summary>The groups by <see cref="ShapeGroup.Place"/>; null where one was forgotten.</summary>
    private readonly List<ShapeGroup?> _places = [];
    private ShapeGroup[] _warm = [];
    private ShapeGroup? _last;
    private int _count;

    /// <summary>The groups with requests that wait, chained.</summary>
    public ShapeGroup? Active { get; private set; }

    /// <summary>Takes a version's warm shapes, with what was measured for them; other groups get new guesses.</summary>
    /// <param name="keys">The shapes.</param>
    /// <param name="tables">The measurements, in the same order.</param>
    public void Update(IReadOnlyList<ShapeKey> keys, IReadOnlyList<LatencyTable> tables)
    {
        var warm = new ShapeGroup[tables.Count];
        for (int i = 0; i < warm.Length; i++)
        {
            ShapeKey key = keys[i];
            warm[i] = Find(key.Shapes) ?? Add(key, tables[i]);
            warm[i].Latencies = tables[i];
        }

        _warm = warm;
        foreach (ShapeGroup first in _byHash.Values)
        {
            for (ShapeGroup? group = first; group is not null; group = group.NextWithHash)
            {
                group.Latencies = Array.IndexOf(warm, group) >= 0 ? group.Latencies : Guess(group.Key);
            }
        }
    }

    public ShapeGroup FindOrAdd(ReadOnlySpan<TensorShape> shapes)
    {
        if (_last is not null && _last.Key.Matches(shapes))
        {
            return _last;
        }

        if (Find(shapes) is ShapeGroup known)
        {
            _last = known;
            return known;
        }

        if (_count >= Kept)
        {
            Forget();
        }

        var key = new ShapeKey(shapes);
        return _last = Add(key, Guess(key));
    }

    public void Activate(ShapeGroup group)
    {
        group.NextActive = Active;
        Active?.PreviousActive = group;
        Active = group;
    }

    public void Deactivate(ShapeGroup group)
    {
        if (group.PreviousActive is null)
        {
            Active = group.NextActive;
        }
        else
        {
            group.PreviousActive.NextActive = group.NextActive;
        }

        group.NextActive?.PreviousActive = group.PreviousActive;
        (group.NextActive, group.PreviousActive) = (null, null);
    }

    private ShapeGroup? Find(ReadOnlySpan<TensorShape> shapes)
    {
        ShapeGroup? group = _byHash.GetValueOrDefault(ShapeKey.Hash(shapes));
        while (group is not null && !group.Key.Matches(shapes))
        {
            group = group.NextWithHash;
        }

        return group;
    }

    private ShapeGroup Add(ShapeKey key, LatencyTable latencies)
    {
        int hash = key.GetHashCode();
        var group = new ShapeGroup(key, latencies) { NextWithHash = _byHash.GetValueOrDefault(hash) };
        _byHash[hash] = group;
        _count++;
        group.Place = _places.IndexOf(null);
        if (group.Place < 0)
        {
            group.Place = _places.Count;
            _places.Add(null);
        }

        _places[group.Place] = group;
        return group;
    }

    private void Forget()
    {
        ShapeGroup[] kept = [.. _byHash.Values.SelectMany(Chain).Where(g => g.Users > 0 || Array.IndexOf(_warm, g) >= 0)];
        _byHash.Clear();
        (_count, _last) = (0, null);
        CollectionsMarshal.AsSpan(_places).Clear();
        foreach (ShapeGroup group in kept)
        {
            _places[group.Place] = group;
            int hash = group.Key.GetHashCode();
            group.NextWithHash = _byHash.GetValueOrDefault(hash);
            _byHash[hash] = group;
            _count++;
        }
    }

    private static IEnumerable<ShapeGroup> Chain(ShapeGroup first)
    {
        for (ShapeGroup? group = first; group is not null; group = group.NextWithHash)
        {
            yield return group;
        }
    }

    private LatencyTable Guess(ShapeKey key) => _warm[0].Latencies.Scale((double)Elements(key) / Math.Max(1, Elements(_warm[0].Key)));

    private static long Elements(ShapeKey key)
    {
        long elements = 0;
        foreach (ref readonly TensorShape shape in key.Shapes)
        {
            elements += shape.ElementCount;
        }

        return elements;
    }
}
