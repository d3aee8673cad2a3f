namespace Pinion.Build;

/// <summary>A verb and its options; what nobody asked for is refused by name.</summary>
internal sealed class Options
{
    private readonly List<string> _rest;

    public Options(string[] args)
    {
        if (args.Any(a => a is "-h" or "--help"))
        {
            args = ["help"];
        }

        bool named = args.Length > 0 && !args[0].StartsWith('-');
        Verb = named ? args[0] : "build";
        _rest = [.. args.Skip(named ? 1 : 0)];
    }

    public string Verb { get; }

    public bool Flag(string name) => _rest.Remove(name);

    public string? Value(string name, params string[] allowed)
    {
        int index = _rest.IndexOf(name);
        if (index < 0)
        {
            return null;
        }

        if (index + 1 >= _rest.Count)
        {
            throw new BuildException($"{name} needs a value.", 2);
        }

        string value = _rest[index + 1];
        _rest.RemoveRange(index, 2);
        return allowed.Length == 0 || allowed.Contains(value)
            ? value
            : throw new BuildException($"{name} {value} is unknown: use {string.Join(", ", allowed)}.", 2);
    }

    public void RejectOthers()
    {
        if (_rest.Count > 0)
        {
            throw new BuildException($"'{Verb}' does not take {string.Join(' ', _rest)}; see ./build.sh --help.", 2);
        }
    }
}
