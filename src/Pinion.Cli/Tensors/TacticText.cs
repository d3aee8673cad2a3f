namespace Pinion.Cli;

/// <summary>Reads lists of tactic sources.</summary>
internal static class TacticText
{
    private static readonly (string Name, TacticSources Source)[] Known =
    [
        ("CUBLAS", TacticSources.CuBlas),
        ("CUBLAS_LT", TacticSources.CuBlasLt),
        ("CUDNN", TacticSources.CuDnn),
        ("EDGE_MASK_CONVOLUTIONS", TacticSources.EdgeMaskConvolutions),
        ("JIT_CONVOLUTIONS", TacticSources.JitConvolutions),
    ];

    /// <summary>Reads <c>CUBLAS,CUDNN</c>: these and no others; <c>none</c> is none.</summary>
    public static TacticSources ParseList(string text)
    {
        TacticSources sources = default;
        foreach (string name in text.Split(',').Where(_ => text != "none"))
        {
            sources |= Parse(name.Trim(), "--tactic-sources");
        }

        return sources;
    }

    /// <summary>Reads trtexec's <c>+CUBLAS,-CUDNN</c>, which changes the version's default set.</summary>
    public static TacticSources ParseChanges(string text, Version tensorRt)
    {
        TacticSources sources = Default(tensorRt);
        foreach (string entry in text.Split(',').Select(e => e.Trim()))
        {
            if (entry.Length < 2 || entry[0] is not ('+' or '-'))
            {
                throw new UsageException($"--tacticSources '{entry}' does not begin with + or -; write --tacticSources=-CUDNN,+CUBLAS.");
            }

            TacticSources source = Parse(entry[1..], "--tacticSources");
            sources = entry[0] == '+' ? sources | source : sources & ~source;
        }

        return sources;
    }

    /// <summary>What TensorRT enables by itself: the external libraries went off by default with 10.0.</summary>
    private static TacticSources Default(Version tensorRt)
    {
        TacticSources own = default;
        own |= tensorRt >= new Version(8, 4) ? TacticSources.EdgeMaskConvolutions : own;
        own |= tensorRt >= new Version(8, 5) ? TacticSources.JitConvolutions : own;
        return tensorRt.Major >= 10 ? own : own | TacticSources.CuBlas | TacticSources.CuBlasLt | TacticSources.CuDnn;
    }

    private static TacticSources Parse(string name, string option)
    {
        foreach ((string known, TacticSources source) in Known)
        {
            if (string.Equals(known, name, StringComparison.OrdinalIgnoreCase))
            {
                return source;
            }
        }

        throw new UsageException($"{option}: '{name}' is no tactic source. {NearestName.Hint(name, [.. Known.Select(k => k.Name)])}");
    }
}
