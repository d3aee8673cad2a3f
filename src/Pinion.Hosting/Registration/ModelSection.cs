using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Pinion.Hosting;

/// <summary>A model's section of the configuration. Each value is bound by itself, so that one that cannot be read hides no other.</summary>
internal sealed class ModelSection
{
    private static readonly PropertyInfo[] Options = typeof(ModelOptions).GetProperties();
    private static readonly PropertyInfo[] PaddingParts = typeof(PaddingOptions).GetProperties();

    private readonly List<KeyValuePair<string, string?>> _readable = [];
    private readonly List<(string Option, IReadOnlyList<string> Texts)> _build = [];

    public ModelSection(IConfigurationSection section)
    {
        IConfigurationSection[] children = [.. section.GetChildren()];
        foreach (IConfigurationSection build in children.Where(IsBuild))
        {
            Problems.AddRange(FindBuildProblems(build));
        }

        foreach (IConfigurationSection value in children.Where(c => !IsBuild(c)).SelectMany(Values))
        {
            KeyValuePair<string, string?> setting = new(value.Path[(section.Path.Length + 1)..], value.Value);
            if (FindProblem(setting, Options, "", setting.Key.Split(':')) is { } problem)
            {
                Problems.Add(problem);
            }
            else
            {
                _readable.Add(setting);
            }
        }
    }

    /// <summary>Keys that are no options, and values that are not of the option's type.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>Sets what could be read.</summary>
    public void Bind(ModelOptions options)
    {
        Configuration(_readable).Bind(options);
        EngineBuildOptions build = options.Build;
        foreach ((string option, IReadOnlyList<string> texts) in _build)
        {
            BuildOptionText.Set(ref build, option, texts);
        }

        options.Build = build;
    }

    private static bool IsBuild(IConfigurationSection section) => section.Key.Equals(nameof(ModelOptions.Build), StringComparison.OrdinalIgnoreCase);

    /// <summary>The options of builds are set by name, since they cannot be changed once they are made.</summary>
    private IEnumerable<string> FindBuildProblems(IConfigurationSection section)
    {
        if (!string.IsNullOrEmpty(section.Value))
        {
            yield return $"Build is '{section.Value}'; it must be an object, such as {{ \"Precision\": \"Fp16\" }}.";
        }

        foreach (IConfigurationSection setting in section.GetChildren())
        {
            if (BuildOptionText.Find(setting.Key) is not { } option)
            {
                yield return $"There is no option 'Build.{setting.Key}'. {NearestName.Hint(setting.Key, BuildOptionText.All)}";
                continue;
            }

            IConfigurationSection[] items = [.. setting.GetChildren()];
            bool isValue = items.Length == 0;
            if (isValue && string.IsNullOrEmpty(setting.Value))
            {
                continue;
            }

            if (isValue == BuildOptionText.IsList(option) || items.Any(i => i.GetChildren().Any()))
            {
                yield return $"Build.{option} is {(isValue ? $"'{setting.Value}'" : "a list or an object")}; it must be {BuildOptionText.Form(option)}.";
                continue;
            }

            string[] texts = isValue ? [setting.Value!] : [.. items.Select(i => i.Value ?? "")];
            var trial = new EngineBuildOptions();
            if (BuildOptionText.Set(ref trial, option, texts) is { } problem)
            {
                yield return $"Build.{option} is {string.Join(", ", texts.Select(t => $"'{t}'"))}; {problem}";
                continue;
            }

            _build.Add((option, texts));
        }
    }

    private static IEnumerable<IConfigurationSection> Values(IConfigurationSection section) =>
        section.GetChildren().Any() ? section.GetChildren().SelectMany(Values) : [section];

    private static IConfigurationRoot Configuration(IEnumerable<KeyValuePair<string, string?>> settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings).Build();

    /// <param name="setting">Key and value.</param>
    /// <param name="options">What the first part of the path may be.</param>
    /// <param name="at">What is in front of the path, for the message.</param>
    /// <param name="path">The key from there on.</param>
    private static string? FindProblem(KeyValuePair<string, string?> setting, PropertyInfo[] options, string at, string[] path)
    {
        PropertyInfo? option = options.FirstOrDefault(o => o.Name.Equals(path[0], StringComparison.OrdinalIgnoreCase));
        if (option is null)
        {
            return $"There is no option '{at}{path[0]}'. {NearestName.Hint(path[0], [.. options.Select(o => o.Name)])}";
        }

        Type type = option.PropertyType;
        string name = at + option.Name + string.Concat(path[1..].Select(p => $"[{p}]"));
        if (type == typeof(IList<PaddingOptions>) && path.Length > 2)
        {
            return FindProblem(setting, PaddingParts, $"{at}{option.Name}[{path[1]}].", path[2..]);
        }

        // An empty list has no elements, but its own key.
        int depth = type == typeof(IList<int>) ? 2 : type == typeof(IList<IDictionary<string, string>>) || type == typeof(IList<PaddingOptions>) ? 3 : 1;
        if (path.Length != depth)
        {
            return path.Length < depth && string.IsNullOrEmpty(setting.Value) ? null : $"{name} is '{setting.Value}'; {option.Name} must be {Form(type)}.";
        }

        try
        {
            Configuration([setting]).Bind(new ModelOptions());
            return null;
        }
        catch (InvalidOperationException)
        {
            return $"{name} is '{setting.Value}'; it must be {Form(type == typeof(IList<int>) ? typeof(int) : type)}.";
        }
    }

    private static string Form(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(int) || t == typeof(long) => "a whole number",
        var t when t == typeof(bool) => "true or false",
        var t when t == typeof(TimeSpan) => "a time, such as 00:00:00.002 for 2 ms or 00:00:02 for 2 s",
        var t when t.IsEnum => $"one of {string.Join(", ", Enum.GetNames(t))}",
        var t when t == typeof(IList<int>) => "a list of whole numbers, such as [ 1, 2 ]",
        var t when t == typeof(IList<IDictionary<string, string>>) => "a list of shapes by input, such as [ { \"x\": \"3x48x320\" } ]",
        var t when t == typeof(IList<PaddingOptions>) => "a list, such as [ { \"Input\": \"x\", \"Axis\": 3, \"Sizes\": [ 160, 320 ] } ]",
        _ => "a text",
    };
}
