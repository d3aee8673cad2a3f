using System.Globalization;
using System.Text;

namespace Pinion.Triton;

/// <summary>Where a version goes in a repository. Nothing that exists is replaced unless asked for.</summary>
internal sealed class VersionTarget
{
    private readonly ExistingFiles _existing;
    private readonly string _model;
    private readonly string _version;
    private readonly string _config;

    public VersionTarget(string repository, TritonExportOptions options)
    {
        _existing = options.Existing;
        _model = Path.Combine(repository, options.Name);
        _version = Path.Combine(_model, options.Version.ToString(CultureInfo.InvariantCulture));
        _config = Path.Combine(_model, ModelRepository.ConfigFileName);
        foreach (string folder in new[] { repository, _model, _version })
        {
            if (File.Exists(folder))
            {
                throw new ExportException(ExportRefusal.Folder, $"{folder} is a file where a folder is needed.");
            }
        }

        if (Directory.Exists(_version) && _existing != ExistingFiles.Replace)
        {
            throw new ExportException(ExportRefusal.Exists, $"{_version} exists.");
        }
    }

    /// <summary>Writes the configuration, then the version whole or not at all.</summary>
    public TritonExportResult Write(PlanFile plan, string config, CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        CheckConfig(config);
        // A server that looks now and then must not see half a version: it is made beside its place.
        string making = Path.Combine(_model, $".{Path.GetFileName(_version)}.{Guid.NewGuid().ToString("N")[..8]}.tmp");
        try
        {
            using var made = new NewFolder(_model);
            return Make(making, plan, config, token);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ExportException(ExportRefusal.Folder, $"{_model} cannot be written: {AtomicFile.Reason(e)}.", e);
        }
    }

    private TritonExportResult Make(string making, PlanFile plan, string config, CancellationToken token)
    {
        try
        {
            Directory.CreateDirectory(making);
            AtomicFile.Write(Path.Combine(making, ModelRepository.PlanFileName), plan.SizeToWrite, stream => plan.WriteTo(stream, token));
            if (_existing != ExistingFiles.KeepConfig || !File.Exists(_config))
            {
                byte[] text = Encoding.UTF8.GetBytes(config);
                AtomicFile.Write(_config, text.Length, stream => stream.Write(text));
            }

            string target = Path.Combine(_version, ModelRepository.PlanFileName);
            Place(making, target);
            return new TritonExportResult(target, _config);
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
        if (_existing != ExistingFiles.Refuse || !File.Exists(_config))
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
            throw new ExportException(ExportRefusal.ConfigDiffers, $"{_config} exists and says something else.");
        }
    }
}
