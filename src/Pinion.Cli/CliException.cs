namespace Pinion.Cli;

/// <summary>An argument is wrong; the message names the value, the limit and the way out.</summary>
internal sealed class UsageException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The work failed for a reason the CLI itself found.</summary>
internal sealed class WorkException(string message, Exception? inner = null) : Exception(message, inner);
