namespace OcrService.Tests;

/// <summary>Capitals and digits of 5 x 7 dots: enough to draw a text line without an image library. O and 0 would look the same.</summary>
internal static class BitmapFont
{
    private const int Columns = 5;
    private const int Rows = 7;
    private const int Margin = 2;

    /// <summary>Each row from the top, # for a dot.</summary>
    private static readonly Dictionary<char, string[]> Glyphs = new()
    {
        ['1'] = ["..#..", ".##..", "#.#..", "..#..", "..#..", "..#..", "#####"],
        ['2'] = [".###.", "#...#", "....#", "..##.", ".#...", "#....", "#####"],
        ['3'] = [".###.", "#...#", "....#", "..##.", "....#", "#...#", ".###."],
        ['4'] = ["...#.", "..##.", ".#.#.", "#..#.", "#####", "...#.", "...#."],
        ['5'] = ["#####", "#....", "####.", "....#", "....#", "#...#", ".###."],
        ['7'] = ["#####", "....#", "...#.", "...#.", "..#..", "..#..", "..#.."],
        ['A'] = ["..#..", ".#.#.", "#...#", "#...#", "#####", "#...#", "#...#"],
        ['C'] = [".###.", "#...#", "#....", "#....", "#....", "#...#", ".###."],
        ['D'] = ["####.", "#...#", "#...#", "#...#", "#...#", "#...#", "####."],
        ['E'] = ["#####", "#....", "#....", "####.", "#....", "#....", "#####"],
        ['H'] = ["#...#", "#...#", "#...#", "#####", "#...#", "#...#", "#...#"],
        ['L'] = ["#....", "#....", "#....", "#....", "#....", "#....", "#####"],
        ['N'] = ["#...#", "##..#", "##..#", "#.#.#", "#..##", "#..##", "#...#"],
        ['R'] = ["####.", "#...#", "#...#", "####.", "#.#..", "#..#.", "#...#"],
        ['T'] = ["#####", "..#..", "..#..", "..#..", "..#..", "..#..", "..#.."],
        ['W'] = ["#...#", "#...#", "#...#", "#.#.#", "#.#.#", "##.##", "#...#"],
        [' '] = [".....", ".....", ".....", ".....", ".....", ".....", "....."],
    };

    /// <summary>Black on white, with a margin.</summary>
    /// <param name="text">Of the characters above.</param>
    /// <param name="scale">Pixels a dot.</param>
    public static PixelImage Draw(string text, int scale = 5)
    {
        int width = ((text.Length * (Columns + 1)) + (2 * Margin)) * scale;
        int height = (Rows + (2 * Margin)) * scale;
        byte[] pixels = new byte[width * height * 3];
        Array.Fill(pixels, byte.MaxValue);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                if (IsDot(text, (x / scale) - Margin, (y / scale) - Margin))
                {
                    pixels.AsSpan(((y * width) + x) * 3, 3).Clear();
                }
            }
        }

        return new PixelImage(width, height, pixels);
    }

    public static byte[] DrawPng(string text, int scale = 5)
    {
        PixelImage image = Draw(text, scale);
        return PngWriter.Write(image.Width, image.Height, 3, image.Pixels, filter: 4);
    }

    private static bool IsDot(string text, int x, int y) =>
        x >= 0 && y is >= 0 and < Rows && x / (Columns + 1) < text.Length && x % (Columns + 1) < Columns
        && Glyphs[text[x / (Columns + 1)]][y][x % (Columns + 1)] == '#';
}
