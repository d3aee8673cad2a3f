namespace Pinion.Triton;

/// <summary>A model repository, or a configuration in it, has mistakes: all that were found, not the first alone.</summary>
public sealed class ModelRepositoryException : Exception
{
    internal ModelRepositoryException(IReadOnlyList<string> problems)
        : base(problems.Count == 1 ? problems[0] : $"{problems.Count} problems:\n  {string.Join("\n  ", problems)}")
    {
        Problems = problems;
    }

    /// <summary>The mistakes, each a sentence that names file, line and value.</summary>
    public IReadOnlyList<string> Problems { get; }
}
