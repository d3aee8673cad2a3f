namespace OcrService.Tests;

/// <summary>Where PaddleOCR's files are, as build.sh test says.</summary>
internal static class OcrModels
{
    private const string Variable = "PINION_TEST_MODELS";

    public static string Folder
    {
        get
        {
            if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder && File.Exists(Path.Combine(folder, OcrOptions.CharactersFile)))
            {
                return folder;
            }

            Assert.Ignore($"needs the PaddleOCR models: {Variable} names their folder, as build.sh test sets it");
            return "";
        }
    }
}
