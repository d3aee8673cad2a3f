using System.Globalization;
using System.Text;
using Pinion.Hosting.Repository;

namespace Pinion.Cli.Commands.Export;

/// <summary>Where a version goes in a repository. Nothing that exists is replaced unless asked for.</summary>
internal sealed class RepositoryTarget
{
    private readonly TritonExportSettings _settings;
    private readonly string _model;
    private readonly string _version;
    private readonly string _config;

    /// <summary>Refuses what can be refused before minutes of measuring.</summary>
    public RepositoryTarget(TritonExportSettings settings)
    {
        _settings = settings;
        if (settings.Repository.Length == 0)
        {
            throw new UsageException("-o is empty; give it the name of a folder.");
        }
        if (!ModelRepository.IsModelName(settings.Name))
        {
            throw new UsageException($"'{settings.Name}' is no model's name: letters, digits, _, . and - are allowed, at most 128, the first no dot or dash. --name gives another.");
        }
        if (settings.Force && settings.KeepConfig)
        {
            throw new UsageException("--force replaces config.pbtxt and --keep-config leaves it; choose one.");
        }
        _model = Path.Combine(settings.Repository, settings.Name);
        _version = Path.Combine(_model, settings.Version.ToString(CultureInfo.InvariantCulture));
        _config = Path.Combine(_model, ModelRepository.ConfigFileName);
        foreach (string folder in new[] { settings.Repository, _model, _version })
        {
            if (File.Exists(folder))
            {
                throw new WorkException($"{folder} is a file where a folder is needed.");
            }
        }
        if (Directory.Exists(_version) && !settings.Force)
        {
            throw new WorkException($"{_version} exists: --force replaces it, --version writes another.");
        }
    }

    /// <summary>Writes the version whole or not at all, then the configuration; gives both paths.</summary>
    public (string Plan, string Config) Write(ExportedPlan plan, string config, CommandContext context)
    {
        context.Token.ThrowIfCancellationRequested();
        CheckConfig(config);
        // A server that looks now and then must not see half a version: it is made beside its place.
        string making = Path.Combine(_model, $".{Path.GetFileName(_version)}.{Guid.NewGuid().ToString("N")[..8]}.tmp");
        try
        {
            Directory.CreateDirectory(making);
            using (OutputFile file = OutputFile.Create(Path.Combine(making, ModelRepository.PlanFileName), plan.SizeToWrite))
            {
                plan.Write(file.Stream, context.Token);
                file.Commit();
            }
            if (!_settings.KeepConfig || !File.Exists(_config))
            {
                OutputFile.Write(_config, Encoding.UTF8.GetBytes(config));
            }
            string target = Path.Combine(_version, ModelRepository.PlanFileName);
            using (Interrupt.Shield())
            {
                Place(making, target);
            }
            return (target, _config);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new WorkException($"{_model} cannot be written: {AtomicFile.Reason(e)}.", e);
        }
        finally
        {
            if (Directory.Exists(making))
            {
                Directory.Delete(making, recursive: true);
            }
        }
    }

    private void Place(string making, string target)
    {
        if (Directory.Exists(_version))
        {
            File.Move(Path.Combine(making, ModelRepository.PlanFileName), target, overwrite: true);
        }
        else
        {
            Directory.Move(making, _version);
        }
    }

    /// <summary>All versions share one configuration, so a new version must not change it in passing. Comments do not count.</summary>
    private void CheckConfig(string config)
    {
        if (_settings.Force || _settings.KeepConfig || !File.Exists(_config))
        {
            return;
        }
        string? present = null;
        try
        {
            present = ModelConfig.Parse(File.ReadAllText(_config), _config, out IReadOnlyList<string> ignored).ToText();
            present = ignored.Count == 0 ? present : null;
        }
        catch (ModelRepositoryException)
        {
            // What is there is another's; it differs.
        }
        if (present != ModelConfig.Parse(config, _config, out _).ToText())
        {
            throw new WorkException($"{_config} exists and says something else: --force replaces it, --keep-config leaves it.");
        }
    }
}
