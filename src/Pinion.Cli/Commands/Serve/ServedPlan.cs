using Pinion.Hosting;

namespace Pinion.Cli;

/// <summary>A model to be served, by its name.</summary>
internal sealed record ServedPlan(string Name, ModelOptions Options);
