using NUnit.Framework;

namespace Pinion.Zoo.Tests;

/// <summary>Weights made from a seed.</summary>
[TestFixture]
public sealed class SeededWeightsTests
{
    /// <summary>Fixed once: another operating system or processor must make the very same file.</summary>
    [TestCase("DPN68", 13, 0, "9d2d10117c9afdb5f5b71b7cc9bb63e7294305c2d0fbb8ec5d3f90709779c289")]
    [TestCase("TNT_small", 17, 7, "1130d364a3c83a4f6b08410b7f4b9a688d35c1a1e1c55a948eaf7a6f61262b51")]
    public void The_same_seed_gives_the_same_file_everywhere(string name, int opset, int seed, string hash)
    {
        using var stream = new HashStream();
        ZooExporter.Export(name, stream, new ExportOptions { Opset = opset, Seed = seed });
        Assert.That(stream.Hash, Is.EqualTo(hash));
    }

    /// <summary>The rule itself, in another language: FNV-1a, SplitMix64, one multiplication in single precision.</summary>
    [Test]
    public void Values_follow_the_written_rule()
    {
        var python = Python.Require("numpy");
        const string Script = """
            import numpy as np
            M = (1 << 64) - 1
            def mix(key, index):
                z = (key + (index + 1) * 0x9E3779B97F4A7C15) & M
                z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M
                z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M
                return z ^ (z >> 31)
            def key(name, seed):
                h = 0xCBF29CE484222325
                for b in name.encode():
                    h = ((h ^ b) * 0x100000001B3) & M
                return mix(h, seed)
            def draw(k, i):
                bits = (mix(k, i // 2) >> (32 * (i % 2))) & 0xFFFFFFFF
                return bits - (1 << 32) if bits >> 31 else bits
            k = key("out.weight", 3)
            step = np.float32(2 * np.sqrt(3 / 832) / 2**31)
            print(*[(np.float32(draw(k, i)) * step).view(np.uint32) for i in range(100)])
            k = key("conv1_x_1_func._conv.weight", 3)
            step = np.float32(1.7 * np.sqrt(3 / 27) / np.sqrt(2) / 2**31)
            row = [draw(k, i) for i in range(27)]
            print(*[(np.float32(row[i] - row[(i + 1) % 27]) * step).view(np.uint32) for i in range(27)])
            """;
        string[] lines = python.Run(Script).Split('\n');
        using var weights = new SeededWeights(3);
        var parameters = NetworkTable.Build("DPN68", "g", 13, null, softmax: true).Parameters.ToDictionary(p => p.Name);
        string Bits(string name, int count) => string.Join(' ', Whole(weights, parameters[name]).Take(count).Select(BitConverter.SingleToUInt32Bits));
        Assert.That(Bits("out.weight", 100), Is.EqualTo(lines[0].Trim()));
        Assert.That(Bits("conv1_x_1_func._conv.weight", 27), Is.EqualTo(lines[1].Trim()));
    }

    [Test]
    public void Another_seed_gives_another_file()
    {
        string Hash(int seed)
        {
            using var stream = new HashStream();
            ZooExporter.Export("DPN68", stream, new ExportOptions { Seed = seed });
            return stream.Hash;
        }

        Assert.That(new[] { Hash(0), Hash(1), Hash(-1), Hash(int.MaxValue) }, Is.Unique);
    }

    /// <summary>However the file is cut into pieces, an element is the same.</summary>
    [Test]
    public void Elements_do_not_depend_on_the_pieces_they_are_read_in()
    {
        using var weights = new SeededWeights(5);
        IReadOnlyList<Parameter> parameters = NetworkTable.Build("DPN68", "g", 13, null, softmax: true).Parameters;
        foreach (Parameter parameter in parameters.Where(p => p.Elements < 50_000))
        {
            float[] whole = Whole(weights, parameter);
            foreach (int piece in new[] { 1, 2, 7, 64 })
            {
                float[] pieces = new float[whole.Length];
                for (int at = 0; at < pieces.Length; at += piece)
                {
                    weights.Read(parameter, at, pieces.AsSpan(at, Math.Min(piece, pieces.Length - at)));
                }

                Assert.That(pieces, Is.EqualTo(whole), $"{parameter.Name} in pieces of {piece}");
            }
        }
    }

    [Test]
    public void Filters_have_sum_zero_and_the_variance_asked_for()
    {
        using var weights = new SeededWeights(0);
        var parameter = new Parameter("conv.weight", [64, 32, 3, 3], WeightInit.Filter(288, gain: 1.5));
        float[] values = Whole(weights, parameter);
        foreach (float[] filter in values.Chunk(288))
        {
            Assert.That(filter.Sum(v => (double)v), Is.Zero.Within(1e-5));
        }

        Assert.That(values.Average(v => (double)v * v), Is.EqualTo(1.5 * 1.5 / 288).Within(2).Percent);
    }

    [Test]
    public void Some_variances_are_small_and_their_scales_make_up_for_it()
    {
        using var weights = new SeededWeights(0);
        var parameters = NetworkTable.Build("Res2Net50_26w_4s", "g", 13, null, softmax: true).Parameters.ToDictionary(p => p.Name);
        int small = 0;
        int all = 0;
        foreach (Parameter parameter in parameters.Values.Where(p => p.Name.EndsWith("._variance", StringComparison.Ordinal)))
        {
            float[] variances = Whole(weights, parameter);
            string norm = parameter.Name[..^"._variance".Length];
            float[] scales = Whole(weights, parameters[$"{norm}.weight"]);
            double gain = norm.EndsWith("conv2._batch_norm", StringComparison.Ordinal) ? 0.15 : 1;
            for (int i = 0; i < variances.Length; ++i)
            {
                Assert.That(variances[i], Is.InRange(0.5f, 1.5f).Or.InRange(1e-6f, 1e-4f));
                Assert.That(scales[i] / Math.Sqrt(variances[i] + 1e-5), Is.InRange(0.79 * gain, 1.21 * gain));
            }

            small += variances.Count(v => v < 1e-3);
            all += variances.Length;
        }

        Assert.That((double)small / all, Is.EqualTo(1 / 8.0).Within(0.01));
    }

    /// <summary>A square matrix that equals its transpose would hide a transposed one.</summary>
    [Test]
    public void Square_matrices_are_not_symmetric()
    {
        using var weights = new SeededWeights(0);
        foreach (Parameter parameter in NetworkTable.Build("pcpvt_small", "g", 13, null, softmax: true).Parameters
            .Where(p => p.Shape.Count == 2 && p.Shape[0] == p.Shape[1]))
        {
            float[] values = Whole(weights, parameter);
            int side = parameter.Shape[0];
            int same = Enumerable.Range(0, side * side).Count(i => i / side != i % side && values[i] == values[i % side * side + i / side]);
            Assert.That(same, Is.LessThan(side), parameter.Name);
        }
    }

    private static float[] Whole(SeededWeights weights, Parameter parameter)
    {
        float[] values = new float[parameter.Elements];
        weights.Read(parameter, 0, values);
        return values;
    }
}
