using Microsoft.Extensions.Options;

namespace Pinion.Hosting;

/// <summary>Checks what can be checked before the plan is loaded; the result has every problem of the model.</summary>
internal sealed class ModelOptionsValidator(ModelRegistrations registrations) : IValidateOptions<ModelOptions>
{
    public ValidateOptionsResult Validate(string? name, ModelOptions options)
    {
        if (name is null || !registrations.Names.Contains(name))
        {
            return ValidateOptionsResult.Skip;
        }

        IEnumerable<string> missing = !string.IsNullOrWhiteSpace(options.Plan) && !File.Exists(options.Plan)
            ? [$"Plan is '{options.Plan}', and there is no such file; build it with 'pinion build MODEL.onnx -o PLAN', or correct the path."]
            : [];
        string[] problems = [.. missing.Concat(ModelOptionsProblems.Find(options)).Select(p => $"Model '{name}': {p}")];
        return problems.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
