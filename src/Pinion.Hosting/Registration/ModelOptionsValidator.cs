using Microsoft.Extensions.Options;

namespace Pinion.Hosting;

/// <summary>Checks what can be checked without the plan and, where that fails, the plan's header too; the result has every problem of the model.</summary>
internal sealed class ModelOptionsValidator(ModelRegistrations registrations) : IValidateOptions<ModelOptions>
{
    public ValidateOptionsResult Validate(string? name, ModelOptions options)
    {
        if (name is null || !registrations.Names.Contains(name))
        {
            return ValidateOptionsResult.Skip;
        }

        IEnumerable<string> missing =
        [
            .. IsMissing(options.Plan) ? (string[])[$"Plan is '{options.Plan}', and there is no such file; build it with 'pinion build MODEL.onnx -o PLAN', or correct the path."] : [],
            .. IsMissing(options.Onnx) ? (string[])[$"Onnx is '{options.Onnx}', and there is no such file; correct the path."] : [],
        ];
        IEnumerable<string> unreadable = registrations.Sections.TryGetValue(name, out Lazy<ModelSection>? section) ? section.Value.Problems : [];
        List<string> problems = [.. unreadable, .. missing, .. ModelOptionsProblems.Find(options)];
        if (problems.Count == 0)
        {
            return ValidateOptionsResult.Success;
        }

        // The plan will not be loaded, so that its part of the truth comes from its header.
        problems.AddRange(ModelOptionsProblems.FindMisfits(options));
        return ValidateOptionsResult.Fail(problems.Select(p => $"Model '{name}': {p}"));
    }

    private static bool IsMissing(string path) => !string.IsNullOrWhiteSpace(path) && !File.Exists(path);
}
