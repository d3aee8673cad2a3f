namespace Pinion.Hosting;

/// <summary>An output does not grow with the batch.</summary>
internal sealed class BatchNotFollowedException(string message) : PinionException(message, PinionStatus.Unsupported, "infer");
