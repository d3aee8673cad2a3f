namespace Pinion.Triton;

/// <summary>Why an export was refused.</summary>
public enum ExportRefusal
{
    /// <summary>A file or a version of that name exists, and nothing may be replaced.</summary>
    Exists,

    /// <summary>The model's configuration exists and says something else; all versions share it.</summary>
    ConfigDiffers,

    /// <summary>The plan is one of the host SDK, which Triton cannot load.</summary>
    HostPlan,

    /// <summary>The plan has what Triton's configuration has no words for.</summary>
    PlanNotSupported,

    /// <summary>A folder cannot be made or written.</summary>
    Folder,
}

/// <summary>A plan was not exported; the message says what stands in the way, <see cref="Refusal"/> of what kind it is.</summary>
public sealed class ExportException : Exception
{
    internal ExportException(ExportRefusal refusal, string message, Exception? inner = null)
        : base(message, inner)
    {
        Refusal = refusal;
    }

    /// <summary>What kind of obstacle it is.</summary>
    public ExportRefusal Refusal { get; }
}

/// <summary>An option of an export is out of range or does not fit the plan.</summary>
public sealed class ExportOptionException : ArgumentException
{
    internal ExportOptionException(string option, string problem)
        : base($"{option} {problem}")
    {
        Option = option;
        Problem = problem;
    }

    /// <summary>The option's name.</summary>
    public string Option { get; }

    /// <summary>Its value and what is wrong with it; follows the option's name in a sentence.</summary>
    public string Problem { get; }
}
