using System.Globalization;

namespace Pinion.Benchmarking;

/// <summary>
/// What was to be measured, read or written could not be; the message says why and what to do. The base of all exceptions that
/// this library throws of its own; TensorRT's failures are <see cref="PinionException"/>, those of files <see cref="IOException"/>.
/// </summary>
public class BenchmarkException : Exception
{
    /// <summary>Makes an exception; settings among the arguments are named as <see cref="Describe"/> is told to.</summary>
    internal BenchmarkException(FormattableString text, Exception? inner = null)
        : base(Format(text, setting => setting.ToString()), inner) => Text = text;

    private protected FormattableString Text { get; }

    /// <summary>The message with other names for settings, such as those of command-line options.</summary>
    /// <param name="nameOf">Gives each setting's name; <see cref="Exception.Message"/> uses the enumeration's.</param>
    public string Describe(Func<BenchmarkSetting, string> nameOf)
    {
        ArgumentNullException.ThrowIfNull(nameOf);
        return Format(Text, nameOf);
    }

    private static string Format(FormattableString text, Func<BenchmarkSetting, string> nameOf) => string.Format(
        CultureInfo.InvariantCulture, text.Format, [.. text.GetArguments().Select(a => a switch
        {
            BenchmarkSetting setting => nameOf(setting),
            FormattableString inner => Format(inner, nameOf),
            IEnumerable<FormattableString> list => string.Join("; ", list.Select(part => Format(part, nameOf))),
            _ => a,
        })]);
}

/// <summary>A setting is wrong: it is out of range, contradicts another, or does not fit the model or engine.</summary>
public sealed class BenchmarkSettingException : BenchmarkException
{
    internal BenchmarkSettingException(FormattableString text)
        : base(text)
    {
    }

    /// <summary>The same with another sentence.</summary>
    internal BenchmarkSettingException With(string sentence) => new($"{Text}{sentence}");
}

/// <summary>The folder or the files of a suite's run are not there, damaged, in use, or those of something else.</summary>
public sealed class SuiteResultsException : BenchmarkException
{
    internal SuiteResultsException(FormattableString text, Exception? inner = null)
        : base(text, inner)
    {
    }
}

/// <summary>The settings that messages name.</summary>
public enum BenchmarkSetting
{
    /// <summary>Values of one input.</summary>
    Input,

    /// <summary>Input shapes: <see cref="ShapeRequest.Shapes"/>, <see cref="SuiteOptions.Shapes"/>.</summary>
    Shapes,

    /// <summary>Batch sizes: <see cref="ShapeRequest.Batches"/>, <see cref="SuiteOptions.Batches"/>.</summary>
    Batches,

    /// <summary><see cref="ShapeRequest.Profile"/>.</summary>
    Profile,

    /// <summary><see cref="EngineBuildOptions.ProfileCopies"/>.</summary>
    ProfileCopies,

    /// <summary><see cref="SuiteOptions.Models"/>.</summary>
    Models,

    /// <summary><see cref="SuiteOptions.Precisions"/>.</summary>
    Precisions,

    /// <summary><see cref="SuiteOptions.Protocol"/>.</summary>
    Protocol,

    /// <summary><see cref="SuiteOptions.Quick"/>.</summary>
    Quick,

    /// <summary><see cref="SuiteOptions.Compare"/>.</summary>
    Compare,

    /// <summary><see cref="SuiteOptions.Seed"/>.</summary>
    Seed,

    /// <summary><see cref="SuiteOptions.CellLimit"/>.</summary>
    CellLimit,

    /// <summary><see cref="SuiteOptions.Processes"/>.</summary>
    Processes,

    /// <summary><see cref="SuiteOptions.Resume"/>.</summary>
    Resume,

    /// <summary><see cref="SuiteOptions.Retry"/>.</summary>
    Retry,

    /// <summary><see cref="SuiteOptions.Worker"/>.</summary>
    Worker,

    /// <summary><see cref="SuiteDiffOptions.AcrossHardware"/>.</summary>
    AcrossHardware,
}
