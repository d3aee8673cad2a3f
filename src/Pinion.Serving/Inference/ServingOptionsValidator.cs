using Microsoft.Extensions.Options;

namespace Pinion.Serving;

/// <summary>Tells every problem at once, when the host starts.</summary>
internal sealed class ServingOptionsValidator : IValidateOptions<ServingOptions>
{
    public ValidateOptionsResult Validate(string? name, ServingOptions options)
    {
        string[] problems = [.. options.FindProblems()];
        return problems.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
