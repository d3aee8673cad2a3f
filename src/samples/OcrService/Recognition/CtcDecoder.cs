using System.Numerics.Tensors;
using System.Text;

namespace OcrService;

/// <summary>Greedy CTC: the best class of each step, repeats taken once, blanks left out.</summary>
internal static class CtcDecoder
{
    /// <param name="probabilities">A row for each step, a column for each class; class 0 is the blank.</param>
    /// <param name="characters">The classes.</param>
    public static (string Text, double Confidence) Decode(ReadOnlySpan<float> probabilities, CharacterSet characters)
    {
        var text = new StringBuilder();
        double sum = 0;
        int count = 0;
        int before = 0;
        for (; probabilities.Length >= characters.Count; probabilities = probabilities[characters.Count..])
        {
            ReadOnlySpan<float> step = probabilities[..characters.Count];
            int best = TensorPrimitives.IndexOfMax(step);
            if (best != 0 && best != before)
            {
                text.Append(characters[best]);
                sum += step[best];
                count++;
            }

            before = best;
        }

        return (text.ToString(), count == 0 ? 0 : sum / count);
    }
}
