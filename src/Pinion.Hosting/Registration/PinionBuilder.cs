using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Pinion.Hosting;

/// <summary>Adds models to the host; made by <see cref="PinionServiceCollectionExtensions.AddPinion"/>. Threads: one at a time.</summary>
public sealed class PinionBuilder
{
    private readonly ModelRegistrations _registrations;

    internal PinionBuilder(IServiceCollection services, ModelRegistrations registrations)
    {
        Services = services;
        _registrations = registrations;
    }

    /// <summary>The services that the models are added to.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// Adds a model. It is taken as <c>[FromKeyedServices("name")] InferenceModel</c> by what is made after the start of the host, and
    /// from <see cref="InferenceModels"/> by anything else. Its options are the named <see cref="ModelOptions"/>.
    /// </summary>
    /// <param name="name">Its name, the key.</param>
    /// <param name="file">The plan's file, or an ONNX model, whose name ends in <c>.onnx</c>: then <see cref="ModelOptions.Cache"/> has to be set. A relative path counts from the
    /// host's content root.</param>
    /// <param name="configure">Sets further options.</param>
    /// <exception cref="ArgumentException">There is a model of this name already.</exception>
    public PinionBuilder AddModel(string name, string file, Action<ModelOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        bool isModel = Path.GetExtension(file).Equals(".onnx", StringComparison.OrdinalIgnoreCase);
        return AddModel(name, o =>
        {
            (o.Plan, o.Onnx) = isModel ? (o.Plan, file) : (file, o.Onnx);
            configure?.Invoke(o);
        });
    }

    /// <inheritdoc cref="AddModel(string, string, Action{ModelOptions}?)"/>
    public PinionBuilder AddModel(string name, Action<ModelOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Register(name);
        Services.Configure(name, configure);
        return this;
    }

    /// <summary>Adds a model for each sub-section, by the sub-section's name; its keys are the properties of <see cref="ModelOptions"/>.
    /// A key that is none of these fails the start, and so does a section without models.</summary>
    /// <param name="section">Such as <c>configuration.GetSection("Pinion:Models")</c>.</param>
    /// <exception cref="ArgumentException">There is a model of one of the names already.</exception>
    public PinionBuilder AddModels(IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        bool isEmpty = true;
        foreach (IConfigurationSection model in section.GetChildren())
        {
            isEmpty = false;
            Register(model.Key);

            // Read when the host starts, not now: sources of the configuration may still be added.
            var settings = new Lazy<ModelSection>(() => new ModelSection(model));
            Services.Configure<ModelOptions>(model.Key, options => settings.Value.Bind(options));
            _registrations.Sections.Add(model.Key, settings);
        }

        if (isEmpty)
        {
            _registrations.EmptySections.Add(section.Path);
        }

        return this;
    }

    /// <summary>
    /// Lets the host start before the models are loaded, so that a web server tells by its health checks how far they are, for builds of minutes. Until a model is loaded it is
    /// no service yet, and <c>pinion-ready</c> is unhealthy; one that does not load stops the host, with <see cref="Environment.ExitCode"/> 1. Options are checked at the start as ever.
    /// </summary>
    public PinionBuilder LoadInBackground()
    {
        _registrations.LoadInBackground = true;
        return this;
    }

    private void Register(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!_registrations.TryAdd(name))
        {
            throw new ArgumentException(
                $"There is a model '{name}' already: choose another name, or change its options with services.Configure<ModelOptions>(\"{name}\", ...).",
                nameof(name));
        }

        Services.AddKeyedSingleton(name, (services, _) => services.GetRequiredService<ModelHost>().Get(name));
    }
}
