using Pinion.Hosting;
using Pinion.Triton;

namespace Pinion.Cli;

/// <summary>Finds the models that a command line names: plans, and NAME=PLAN.</summary>
internal static class ServedPlans
{
    /// <param name="paths">Plans, named after their files.</param>
    /// <param name="named">NAME=PLAN each.</param>
    /// <param name="notes">Gets what the user should know.</param>
    /// <exception cref="UsageException">A name is wrong or given twice, or there is no model.</exception>
    public static IReadOnlyList<ServedPlan> Find(string[] paths, string[] named, List<string> notes)
    {
        var plans = new List<ServedPlan>();
        foreach (string path in paths)
        {
            if (Directory.Exists(path))
            {
                AddRepository(plans, path, notes);
            }
            else
            {
                Add(plans, Path.GetFileNameWithoutExtension(path), path, $"--model NAME={path} gives it another name");
            }
        }

        foreach (string pair in named)
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1 || equals == pair.Length - 1)
            {
                throw new UsageException($"--model '{pair}' is not of the form NAME=PLAN.");
            }

            Add(plans, pair[..equals], pair[(equals + 1)..], "choose another");
        }

        return plans.Count > 0 ? plans : throw new UsageException("There is no model to serve: give plans, a model repository, or --model NAME=PLAN.");
    }

    /// <summary>Triton's layout, or a folder of plans.</summary>
    private static void AddRepository(List<ServedPlan> plans, string folder, List<string> notes)
    {
        foreach (RepositoryModel model in ModelRepository.Scan(folder, notes.Add))
        {
            notes.AddRange(model.Warnings);
            RequireNew(plans, model.Name, model.PlanPath, "choose another");
            plans.Add(new ServedPlan(model.Name, model.Options));
        }
    }

    private static void Add(List<ServedPlan> plans, string name, string path, string wayOut)
    {
        Files.RequireFile(path);
        RequireNew(plans, name, path, wayOut);
        plans.Add(new ServedPlan(name, new ModelOptions { Plan = path }));
    }

    private static void RequireNew(List<ServedPlan> plans, string name, string path, string wayOut)
    {
        // Names stand in URLs, in metrics and in other servers' configurations.
        if (!ModelRepository.IsModelName(name))
        {
            throw new UsageException(
                $"'{name}' cannot be a model's name: up to 128 letters, digits, '_', '.' and '-', the first no dot or dash; {wayOut}.");
        }

        if (plans.Find(p => p.Name == name) is { } other)
        {
            throw new UsageException($"{path} and {other.Options.Plan} would both be model '{name}'; {wayOut}.");
        }
    }
}
