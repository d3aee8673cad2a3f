using System.Globalization;
using NUnit.Framework;
using Pinion.Onnx;

namespace Pinion.Zoo.Tests;

/// <summary>State dicts that Python pickled, as Paddle does it, and what becomes of them in a file.</summary>
[TestFixture]
public sealed class PdparamsTests
{
    private const string Network = "DPN68";

    /// <summary>
    /// Reads names and shapes, makes values that tell elements and tensors apart, changes what the test asks for, pickles.
    /// Values are halves of small integers, so that float16 holds them too.
    /// </summary>
    private const string Script = """
        import collections, pickle, sys
        import numpy as np
        listing, path, protocol, changes = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
        state = {}
        for number, line in enumerate(open(listing)):
            name, dims = line.split()
            dims = [int(d) for d in dims.split(",")]
            count = int(np.prod(dims))
            state[name] = ((np.arange(count, dtype=np.int64) * 7 + number * 13) % 1021 / 2).astype(np.float32).reshape(dims)
        names = {name: "p_%d" % i for i, name in enumerate(state)}
        table = True
        exec(changes)
        if table:
            state["StructuredToParameterName@@"] = names
        with open(path, "wb") as f:
            pickle.dump(state, f, protocol=protocol)
        """;

    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    [TestCase(5)]
    public void Every_protocol_is_read(int protocol) => AssertExports(protocol, "");

    [TestCase("state = {k: v.astype(np.float16) for k, v in state.items()}", TestName = "Half_precision")]
    [TestCase("state = {k: v.astype('>f4') for k, v in state.items()}", TestName = "Big_endian")]
    [TestCase("state = {k: v.astype('>f2') for k, v in state.items()}", TestName = "Big_endian_half_precision")]
    [TestCase("state = {k: np.asfortranarray(v) for k, v in state.items()}", TestName = "First_index_fastest")]
    [TestCase("state = {k: (names[k], v) for k, v in state.items()}", TestName = "Tuples_of_name_and_array")]
    [TestCase("state = collections.OrderedDict(state)", TestName = "An_ordered_dict")]
    [TestCase("state = dict(reversed(list(state.items())))", TestName = "Another_order")]
    [TestCase("table = False", TestName = "No_name_table")]
    [TestCase("state = {k: (names[k].encode(), v) for k, v in state.items()}", TestName = "Tuples_of_bytes_and_array")]
    [TestCase("state = {names[k]: v for k, v in state.items()}; names = {k: v.encode() for k, v in names.items()}", TestName = "A_name_table_of_bytes")]
    [TestCase("state = {names[k]: v for k, v in state.items()}", TestName = "Keys_by_way_of_the_name_table")]
    public void Every_form_is_read(string changes)
    {
        AssertExports(4, changes);
        AssertExports(2, changes);
        AssertExports(5, changes);
    }

    /// <summary>Without Python: arrays as they are and as Paddle's tuples of name and array, and the name table.</summary>
    [Test]
    public void A_file_written_opcode_by_opcode_is_read()
    {
        IReadOnlyList<Parameter> parameters = NetworkTable.Build(Network, Network, 13, null, softmax: true).Parameters;
        PickleBuilder pickle = new PickleBuilder(2).Op('}').Op('(');
        for (int number = 0; number < parameters.Count; ++number)
        {
            float[] values = [.. Enumerable.Range(0, (int)parameters[number].Elements).Select(i => Value(number, i))];
            byte[] data = System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
            pickle.Text(parameters[number].Name);
            if (number % 2 == 0)
            {
                pickle.Array([.. parameters[number].Shape], data);
            }
            else
            {
                pickle.Global("__builtin__", "tuple").Text($"p_{number}").Array([.. parameters[number].Shape], data).Raw(0x86).Raw(0x85).Op('R');
            }
        }

        pickle.Text("StructuredToParameterName@@").Op('}').Text(parameters[0].Name).Text("p_0").Op('s').Op('u').Op('.');
        using var folder = new TemporaryFolder();
        string path = folder.File("w.pdparams");
        File.WriteAllBytes(path, pickle.ToArray());
        AssertValues(Exports.Load(Export(folder, Network, path)));
    }

    [TestCase(2)]
    [TestCase(4)]
    public void Missing_extra_and_mismatched_tensors_are_listed(int protocol)
    {
        using var folder = new TemporaryFolder();
        string weights = Make(folder, Network, protocol, """
            del state["out.bias"]
            del state["dpn1.c1x1_a_func._conv.weight"]
            state["fc.weight"] = np.zeros((2, 2), np.float32)
            state["epoch"] = 12
            state["out.weight"] = state["out.weight"].T.copy()
            state["conv5_x_x_bn._mean"] = state["conv5_x_x_bn._mean"].astype(np.int64)
            state["conv5_x_x_bn.bias"] = "text"
            state["conv5_x_x_bn.weight"] = state["conv5_x_x_bn.weight"].astype(np.float64)
            state["conv5_x_x_bn._variance"] = state["conv5_x_x_bn._variance"].astype(np.uint16)
            state["step"] = np.float64(1)
            state["none"] = np.zeros((0, 4), np.float32)
            """);
        WeightsMismatchException error = Assert.Throws<WeightsMismatchException>(() => Export(folder, Network, weights))!;
        Assert.That(error.Missing, Is.EqualTo(new[] { "dpn1.c1x1_a_func._conv.weight", "out.bias" }));
        Assert.That(error.Extra, Is.EquivalentTo(new[] { "fc.weight", "epoch", "step", "none" }));
        Assert.That(error.Mismatched, Is.EquivalentTo(new[]
        {
            "out.weight is [832,1000] float, the file has [1000,832] f4",
            "conv5_x_x_bn._mean is [832] float, the file has [832] i8",
            "conv5_x_x_bn.bias is [832] float, the file has no array",
            "conv5_x_x_bn.weight is [832] float, the file has [832] f8",
            "conv5_x_x_bn._variance is [832] float, the file has [832] u2, which is how Paddle saves bfloat16",
        }));
        Assert.That(error.Fits, Is.Null);
        Assert.That(error.Message, Does.Contain(weights).And.Contains("2 missing: dpn1").And.Contains("4 not of this network").And.Contains("5 of another shape"));
        Assert.That(folder.Names, Has.None.Contains("onnx"));
    }

    [Test]
    public void A_prefix_of_all_names_is_seen()
    {
        using var folder = new TemporaryFolder();
        string weights = Make(folder, Network, 4, "state = {'Student.' + k: v for k, v in state.items()}");
        WeightsMismatchException error = Assert.Throws<WeightsMismatchException>(() => Export(folder, Network, weights))!;
        Assert.That(error.Message, Does.Contain("every missing name is there with 'Student.' in front"));
        Assert.That((error.Missing.Count, error.Extra.Count), Is.EqualTo((361, 361)));
    }

    [Test]
    public void A_file_of_another_network_is_recognized()
    {
        using var folder = new TemporaryFolder();
        string weights = Make(folder, "pcpvt_small", 4, "");
        WeightsMismatchException error = Assert.Throws<WeightsMismatchException>(() => Export(folder, "TNT_small", weights))!;
        Assert.That(error.Fits, Is.EqualTo("pcpvt_small"));
        Assert.That(error.Message, Does.Contain("they are those of pcpvt_small").And.Contains("359 missing").And.Contains("300 not of this network").And.Contains("3 of another shape"));
        Assert.That(folder.Names, Has.None.Contains("onnx"));
    }

    [TestCase(2)]
    [TestCase(5)]
    public void A_truncated_file_is_an_error_and_leaves_nothing(int protocol)
    {
        using var folder = new TemporaryFolder();
        string weights = Make(folder, Network, protocol, "");
        long length = new FileInfo(weights).Length;
        foreach (double part in new[] { 0.9999, 0.5, 0.01, 1e-6 })
        {
            using (FileStream file = File.OpenWrite(weights))
            {
                file.SetLength((long)(length * part));
            }

            Assert.That(() => Export(folder, Network, weights), Throws.TypeOf<WeightsFileException>().With.Message.Contains("cut off"));
        }

        Assert.That(folder.Names, Has.None.Contains("onnx"));
    }

    [Test]
    public void A_pickle_that_would_run_something_runs_nothing()
    {
        using var folder = new TemporaryFolder();
        string mark = folder.File("owned").Replace('\\', '/');
        string weights = Make(folder, Network, 4, $"""
            import os
            class Evil:
                def __reduce__(self):
                    return os.system, ("touch {mark}",)
            state["out.bias"] = Evil()
            """);
        Assert.That(
            () => Export(folder, Network, weights),
            Throws.TypeOf<WeightsFileException>().With.Message.Contains("system', which is refused; nothing was executed"));
        Assert.That(folder.Names, Is.EquivalentTo(new[] { "listing", "w.pdparams" }));
    }

    [Test]
    public void A_file_that_is_no_state_dict_is_an_error()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("w.pdparams");
        void Refused(byte[] content, string reason)
        {
            File.WriteAllBytes(path, content);
            Assert.That(() => Export(folder, Network, path), Throws.InstanceOf<WeightsFileException>().With.Message.Contains(reason).And.Message.Contains(path));
        }

        Refused([], "it is empty");
        Refused("<html>"u8.ToArray(), "not a pickle");
        Refused(new PickleBuilder().Int(5).Op('.').ToArray(), "not a dict");
        Refused(new PickleBuilder().Op('}').Op('.').ToArray(), "361 missing");
        Assert.That(() => Export(folder, Network, folder.File("none.pdparams")), Throws.TypeOf<WeightsFileException>().With.Message.EndsWith("none.pdparams': it does not exist"));
        Assert.That(() => Export(folder, Network, folder.Path), Throws.TypeOf<WeightsFileException>().With.Message.Contains("it is a folder"));
        Assert.That(() => Export(folder, Network, ""), Throws.TypeOf<ArgumentException>().With.Message.Contains("weights file is empty"));
        Assert.That(folder.Names, Is.EqualTo(new[] { "w.pdparams" }));
    }

    [Test]
    public void Devices_and_pipes_are_refused_without_waiting_for_them()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("mkfifo and /dev/zero are Linux's");
        }

        using var folder = new TemporaryFolder();
        string pipe = folder.File("pipe");
        using (var process = System.Diagnostics.Process.Start("mkfifo", [pipe]))
        {
            process.WaitForExit();
            Assert.That(process.ExitCode, Is.Zero);
        }

        foreach (string path in new[] { pipe, "/dev/zero", "/proc/self/maps" })
        {
            Task<string> export = Task.Run(() => Export(folder, Network, path));
            Assert.That(() => export.WaitAsync(TimeSpan.FromMinutes(1)), Throws.TypeOf<WeightsFileException>().With.Message.Contains("no regular file"));
        }
    }

    [Test]
    public void Reading_the_weights_file_can_be_cancelled()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("w.pdparams");
        File.WriteAllBytes(path, new PickleBuilder().Op('}').Op('.').ToArray());
        Assert.That(
            () => ZooExporter.Prepare(Network, new ExportOptions { WeightsFile = path }, new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Reading_weights_costs_little_memory()
    {
        using var folder = new TemporaryFolder();
        string weights = Make(folder, Network, 4, "");
        var options = new ExportOptions { WeightsFile = weights };
        ZooExporter.Export(Network, Stream.Null, options);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        ExportResult result = ZooExporter.Export(Network, Stream.Null, options);
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(result.Bytes / 8));
    }

    private static void AssertExports(int protocol, string changes)
    {
        using var folder = new TemporaryFolder();
        ModelProto model = Exports.Load(Export(folder, Network, Make(folder, Network, protocol, changes)));
        AssertValues(model);
        Assert.That(model.MetadataProps.Single(p => p.Key == "pinion.zoo.weights").Value, Is.EqualTo("file w.pdparams"));
    }

    private static float Value(int number, int index) => (float)((((long)index * 7) + (number * 13)) % 1021 / 2.0);

    private static void AssertValues(ModelProto model)
    {
        Dictionary<string, float[]> weights = Exports.Weights(model);
        IReadOnlyList<Parameter> parameters = NetworkTable.Build(Network, Network, 13, null, softmax: true).Parameters;
        for (int number = 0; number < parameters.Count; ++number)
        {
            float[] actual = weights[parameters[number].Name];
            int tensor = number;
            IEnumerable<float> expected = Enumerable.Range(0, actual.Length).Select(i => Value(tensor, i));
            Assert.That(actual.AsSpan().SequenceEqual(expected.ToArray()), Is.True, parameters[number].Name);
        }
    }

    private static string Make(TemporaryFolder folder, string network, int protocol, string changes)
    {
        var python = Python.Require("numpy");
        string listing = folder.File("listing");
        File.WriteAllLines(listing, NetworkTable.Build(network, network, 13, null, softmax: true).Parameters
            .Select(p => $"{p.Name} {string.Join(',', p.Shape)}"));
        string path = folder.File("w.pdparams");
        python.Run(Script, listing, path, protocol.ToString(CultureInfo.InvariantCulture), changes);
        return path;
    }

    private static string Export(TemporaryFolder folder, string network, string weights)
    {
        string path = folder.File("model.onnx");
        ZooExporter.Export(network, path, new ExportOptions { WeightsFile = weights });
        return path;
    }
}
