using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Pinion.Cli;

/// <summary>Output tensors of the last run, printed or exported in trtexec's form.</summary>
internal static class TrtExecOutputs
{
    public static void Print(TrtExecLog log, Engine engine, Session session)
    {
        log.Info("Output Tensors:");
        foreach (TensorInfo output in engine.Outputs)
        {
            log.Info($"{output.Name}: ({session.GetShape(output.Name)})");
            var line = new StringBuilder();
            foreach (string value in Values(output, session))
            {
                line.Append(line.Length == 0 ? "" : " ").Append(value);
            }

            log.Info(line.ToString());
        }
    }

    public static void Export(string path, Engine engine, Session session)
    {
        using var file = OutputFile.Create(path);
        using var text = new StreamWriter(file.Stream, new UTF8Encoding(false), 64 * 1024, leaveOpen: true);
        text.WriteLine("[");
        string separator = "  ";
        foreach (TensorInfo output in engine.Outputs)
        {
            text.WriteLine($"{separator}{{ \"name\" : \"{JsonEncodedText.Encode(output.Name)}\"");
            text.WriteLine($"  , \"dimensions\" : \"{session.GetShape(output.Name)}\"");
            text.Write("  , \"values\" : [ ");
            bool first = true;
            foreach (string value in Values(output, session))
            {
                text.Write(first ? "" : ", ");
                // JSON knows neither NaN nor infinity.
                text.Write(value is "NaN" or "Infinity" or "-Infinity" ? "null" : value);
                first = false;
            }

            text.WriteLine(" ]");
            text.WriteLine("  }");
            separator = ", ";
        }

        text.WriteLine("]");
        text.Flush();
        file.Commit();
    }

    private static List<string> Values(TensorInfo output, Session session)
    {
        ReadOnlySpan<byte> data = session.Output<byte>(output.Name);
        int bytes = ElementReader.Bytes(output.DataType);
        var values = new List<string>(bytes == 0 ? 0 : data.Length / bytes);
        for (int at = 0; bytes > 0 && at + bytes <= data.Length; at += bytes)
        {
            double value = ElementReader.Read(output.DataType, data[at..]);
            values.Add(output.DataType == TensorDataType.Float32 ? ((float)value).ToString(CultureInfo.InvariantCulture) : value.ToString(CultureInfo.InvariantCulture));
        }

        return values;
    }
}
