using System.Text;

namespace Pinion.Vision;

/// <summary>A file that says how images are preprocessed.</summary>
internal static class OptionsFile
{
    /// <summary>Far more than a configuration has; a model given by mistake is not read.</summary>
    private const int MaxBytes = 1 << 20;

    public static PreprocessingOptions Read(string path)
    {
        if (Directory.Exists(path))
        {
            throw new PreprocessingException($"{path} is a folder; name a file of JSON or of PaddleClas' YAML.");
        }

        long length = new FileInfo(path).Length;
        if (length > MaxBytes)
        {
            throw new PreprocessingException($"{path} has {length} bytes, more than a configuration's {MaxBytes}; name a file of JSON or of PaddleClas' YAML.");
        }

        string text;
        try
        {
            text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            throw new PreprocessingException($"{path} is no text in UTF-8; name a file of JSON or of PaddleClas' YAML.");
        }

        try
        {
            return text.TrimStart().StartsWith('{') ? OptionsJson.Read(text) : PaddleConfig.Read(text);
        }
        catch (PreprocessingException e)
        {
            throw new PreprocessingException($"{path}: {e.Message}");
        }
    }
}
