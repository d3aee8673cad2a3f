using Microsoft.Extensions.Options;

namespace Pinion.Hosting;

/// <summary>Options of models are wrong. The message has every problem of every model, a line each.</summary>
internal sealed class ModelOptionsException(IEnumerable<string> failures) : OptionsValidationException("", typeof(ModelOptions), failures)
{
    public override string Message => string.Join(Environment.NewLine, Failures);

    /// <summary>The message alone: a host logs it when it does not start, and a stack trace says nothing about options.</summary>
    public override string ToString() => Message;
}
