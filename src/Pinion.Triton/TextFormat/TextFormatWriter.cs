using System.Globalization;
using System.Text;

namespace Pinion.Triton;

/// <summary>Writes messages in protobuf's text format: a field a line, and several scalars of one name as a list.</summary>
internal static class TextFormatWriter
{
    /// <summary>What <see cref="TextFormatReader"/> reads as the same message.</summary>
    public static string Write(TextMessage message)
    {
        var text = new StringBuilder();
        WriteFields(text, message, indent: 0);
        return text.ToString();
    }

    private static void WriteFields(StringBuilder text, TextMessage message, int indent)
    {
        IReadOnlyList<TextField> fields = message.Fields;
        for (int i = 0; i < fields.Count;)
        {
            text.Append(' ', indent).Append(fields[i].Name);
            if (fields[i].Value is TextMessage inner)
            {
                WriteMessage(text, inner, indent);
                i++;
                continue;
            }

            int end = i + 1;
            while (end < fields.Count && fields[end].Name == fields[i].Name && fields[end].Value is not TextMessage)
            {
                end++;
            }

            text.Append(": ");
            if (end == i + 1)
            {
                WriteScalar(text, fields[i].Value);
            }
            else
            {
                WriteList(text, fields, i, end);
            }

            text.Append('\n');
            i = end;
        }
    }

    private static void WriteMessage(StringBuilder text, TextMessage message, int indent)
    {
        text.Append(" {");
        if (message.Fields.Count > 0)
        {
            text.Append('\n');
            WriteFields(text, message, indent + 2);
            text.Append(' ', indent);
        }

        text.Append("}\n");
    }

    private static void WriteList(StringBuilder text, IReadOnlyList<TextField> fields, int start, int end)
    {
        text.Append("[ ");
        for (int i = start; i < end; i++)
        {
            text.Append(i == start ? "" : ", ");
            WriteScalar(text, fields[i].Value);
        }

        text.Append(" ]");
    }

    private static void WriteScalar(StringBuilder text, TextValue value)
    {
        switch (value)
        {
            case TextString quoted:
                WriteString(text, quoted.Value);
                break;
            case TextNumber number:
                text.Append(number.Negative ? "-" : "").Append(number.Literal);
                break;
            case TextWord word:
                text.Append(word.Negative ? "-" : "").Append(word.Word);
                break;
        }
    }

    private static void WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (char c in value)
        {
            if (c is '"' or '\\')
            {
                text.Append('\\').Append(c);
            }
            else if (c == '\n')
            {
                text.Append("\\n");
            }
            else if (c is < ' ' or (char)0x7f)
            {
                // Three digits: a digit that follows is not taken for one of the escape's.
                text.Append('\\').Append(Convert.ToString(c, 8).PadLeft(3, '0').ToString(CultureInfo.InvariantCulture));
            }
            else
            {
                text.Append(c);
            }
        }

        text.Append('"');
    }
}
