namespace OcrService;

/// <summary>The characters in the order of the model's classes: class 0 is the blank, the last is the space. Immutable.</summary>
internal sealed class CharacterSet
{
    private readonly string[] _characters;

    public CharacterSet(IEnumerable<string> lines) => _characters = ["", .. lines, " "];

    public int Count => _characters.Length;

    public string this[int index] => _characters[index];

    /// <summary>Reads a file with one character a line.</summary>
    public static CharacterSet Load(string path) => new(File.ReadAllLines(path));
}
