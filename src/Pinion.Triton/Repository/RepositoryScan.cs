using System.Globalization;
using Pinion.Hosting;

namespace Pinion.Triton;

/// <summary>One look through a repository: gathers models, and the mistakes of all of them.</summary>
internal sealed class RepositoryScan(string root, Action<string> warning)
{
    private readonly List<RepositoryModel> _models = [];
    private readonly List<string> _problems = [];

    public void Warn(string message) => warning(message);

    /// <summary>A plan file that is a model by itself.</summary>
    public void AddFile(string file, string name)
    {
        string shown = Path.GetFileName(file);
        if (CheckName(name, shown) && (file == root || File.Exists(root) || IsInside(file, shown)))
        {
            _models.Add(new RepositoryModel { Name = name, Version = "1", PlanPath = file, Options = new ModelOptions { Plan = file, Version = "1" } });
        }
    }

    /// <summary>A model's folder.</summary>
    public void AddFolder(string folder, string name)
    {
        if (!CheckName(name, name) || !IsInside(folder, name))
        {
            return;
        }

        var log = new ConfigLog($"{name}/{ModelRepository.ConfigFileName}");
        string configPath = Path.Combine(folder, ModelRepository.ConfigFileName);
        ModelConfig? config = null;
        if (File.Exists(configPath) && IsInside(configPath, $"{name}/{ModelRepository.ConfigFileName}"))
        {
            config = ModelRepository.ReadText(configPath, log) is { } text ? ModelConfigReader.Read(text, log) : null;
            if (config?.Name is { Length: > 0 } other && other != name)
            {
                log.Problem(0, $"name is \"{other}\"; the folder is {name}. They must be the same, or name be left out.");
            }
        }

        if (ChooseVersion(folder, name, config?.VersionPolicy ?? new VersionPolicy(), log) is { } version
            && FindPlan(folder, name, version, config, log) is { } plan)
        {
            PlanFile? facts = config is null ? null : ReadPlan(plan, config, log);
            ModelOptions options = ConfigOptions.Make(plan, version, config, facts, log);
            _models.Add(new RepositoryModel { Name = name, Version = version, PlanPath = plan, Options = options, Warnings = log.Warnings, Config = config });
        }

        _problems.AddRange(log.Problems);
    }

    /// <exception cref="ModelRepositoryException">There are mistakes, or no models.</exception>
    public IReadOnlyList<RepositoryModel> Finish(string path)
    {
        foreach (IGrouping<string, RepositoryModel> twice in _models.GroupBy(m => m.Name, StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            _problems.Add($"{twice.Key} is there {twice.Count()} times, as a folder or as plan files; a name stands for one model.");
        }

        if (_models.Count == 0 && _problems.Count == 0)
        {
            _problems.Add($"{path} holds no model: neither NAME/1/{ModelRepository.PlanFileName} nor NAME.plan.");
        }

        return _problems.Count == 0 ? [.. _models.OrderBy(m => m.Name, StringComparer.Ordinal)] : throw new ModelRepositoryException(_problems);
    }

    private bool CheckName(string name, string shown)
    {
        if (ModelRepository.IsModelName(name))
        {
            return true;
        }

        _problems.Add($"'{shown}' gives no model's name: letters, digits, _, . and - are allowed, at most 128, the first no dot or dash.");
        return false;
    }

    /// <summary>Whoever can write a link into a repository could else have any file of the machine read.</summary>
    private bool IsInside(string path, string shown)
    {
        try
        {
            if (FinalTarget.Of(path) is var target && (target == root || target.StartsWith(Path.TrimEndingDirectorySeparator(root) + Path.DirectorySeparatorChar, StringComparison.Ordinal)))
            {
                return true;
            }

            _problems.Add($"{shown} is a link that leads out of the repository; copy what it leads to.");
        }
        catch (IOException e)
        {
            _problems.Add($"{shown} cannot be followed: {e.Message}.");
        }

        return false;
    }

    private static string? ChooseVersion(string folder, string name, VersionPolicy policy, ConfigLog log)
    {
        var versions = new SortedSet<long>();
        foreach (string path in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
        {
            string version = Path.GetFileName(path);
            if (ModelRepository.IsVersion(version))
            {
                versions.Add(long.Parse(version, NumberStyles.None, CultureInfo.InvariantCulture));
            }
            else if (!ModelRepository.IsOtherFolder(version))
            {
                log.Warnings.Add($"{name}/{version} is passed over: versions are whole numbers from 1 without leading zeros.");
            }
        }

        if (versions.Count == 0)
        {
            log.Problems.Add($"{name} has no version: put the plan into {name}/1/{ModelRepository.PlanFileName}.");
            return null;
        }

        if (policy.Specific.Count > 0)
        {
            long[] missing = [.. policy.Specific.Where(v => !versions.Contains(v))];
            if (missing.Length == policy.Specific.Count)
            {
                log.Problem(0, $"version_policy asks for {string.Join(", ", missing)}; there are {string.Join(", ", versions)}.");
                return null;
            }

            if (missing.Length > 0)
            {
                log.Warn(0, $"version_policy asks for {string.Join(", ", missing)}, which are not there.");
            }

            versions.IntersectWith(policy.Specific);
        }

        long served = versions.Max;
        int wanted = policy.All || policy.Specific.Count > 0 ? versions.Count : Math.Min(policy.Latest, versions.Count);
        if (wanted > 1)
        {
            log.Warn(0, string.Create(CultureInfo.InvariantCulture, $"version_policy asks for {wanted} versions at once; the newest of them, {served}, is served alone."));
        }

        return served.ToString(CultureInfo.InvariantCulture);
    }

    private string? FindPlan(string folder, string name, string version, ModelConfig? config, ConfigLog log)
    {
        string file = config?.DefaultModelFilename is { Length: > 0 } given ? given : ModelRepository.PlanFileName;
        if (config?.CcModelFilenames.Count > 0
            && PinionRuntime.GetDevices() is [{ } device, ..]
            && config.CcModelFilenames.TryGetValue(device.ComputeCapability.ToString(2), out string? forDevice))
        {
            file = forDevice;
        }

        if (file is "." or ".." || file.AsSpan().IndexOfAny('/', '\\', '\0') >= 0)
        {
            log.Problem(0, $"'{file}' is no name of a file in a version's folder.");
            return null;
        }

        string shown = $"{name}/{version}/{file}";
        string path = Path.Combine(folder, version, file);
        if (File.Exists(path))
        {
            return IsInside(path, shown) ? path : null;
        }

        log.Problems.Add($"{shown} does not exist.");
        return null;
    }

    private static PlanFile? ReadPlan(string path, ModelConfig config, ConfigLog log)
    {
        try
        {
            var facts = PlanFile.Read(path);
            ConfigCheck.Run(config, facts, ConfigOptions.ProfileOf(config), log);
            return log.Problems.Count == 0 ? facts : null;
        }
        catch (PinionException e)
        {
            log.Problem(0, $"its plan cannot be read: {e.Message}");
            return null;
        }
    }
}
