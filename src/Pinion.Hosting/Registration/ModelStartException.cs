namespace Pinion.Hosting;

/// <summary>Models did not load when the host started. The message has every model's error.</summary>
public sealed class ModelStartException : Exception
{
    internal ModelStartException(IReadOnlyDictionary<string, Exception> errors)
        : base(
            string.Join(
                Environment.NewLine,
                errors.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"Model '{e.Key}' does not load: {e.Value.Message}")),
            errors.Values.FirstOrDefault()) => Errors = errors;

    /// <summary>The errors by model.</summary>
    public IReadOnlyDictionary<string, Exception> Errors { get; }

    /// <summary>The message alone: a host logs it when it does not start, and a stack trace says nothing about a plan.</summary>
    public override string ToString() => Message;
}
