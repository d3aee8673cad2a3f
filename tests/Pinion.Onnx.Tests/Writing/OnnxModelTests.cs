using Pinion.TestSupport;

namespace Pinion.Onnx.Tests;

public sealed class OnnxModelTests
{
    private readonly TemporaryFolder _folder = new();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void What_is_written_parses_as_what_was_put_together()
    {
        OnnxModel model = Dense(out float[] weights);
        byte[] bytes = model.ToBytes();
        Assert.That(bytes, Has.Length.EqualTo(model.Length));
        ModelProto read = ModelProto.Parser.ParseFrom(bytes);
        Assert.That(read.Graph.Initializer.Select(t => t.Name), Is.EqualTo(new[] { "axes", "scale", "w" }));
        Assert.That(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(read.Graph.Initializer[^1].RawData.Span).ToArray(), Is.EqualTo(weights));
        read.Graph.Initializer[^1].ClearRawData();
        Assert.That(read, Is.EqualTo(model.Skeleton()));
    }

    [Test]
    public void The_skeleton_of_the_file_is_the_models()
    {
        OnnxModel model = Dense(out _);
        string path = model.Save(_folder["dense.onnx"]);
        Assert.That(OnnxSkeleton.Read(path), Is.EqualTo(model.Skeleton()));
        Assert.That(_folder.Files(), Does.Contain("dense.onnx"));
    }

    [Test]
    public void Progress_ends_with_the_whole_and_cancellation_stops_it()
    {
        OnnxModel model = Dense(out _);
        var heard = new List<long>();
        model.Write(Stream.Null, heard.Add);
        Assert.That(heard, Is.Ordered);
        Assert.That(heard[^1], Is.EqualTo(model.Length));
        using var cancellation = new CancellationTokenSource();
        Assert.That(() => model.Write(Stream.Null, _ => cancellation.Cancel(), cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Sizes_that_do_not_fit_are_refused()
    {
        Assert.That(() => new OnnxModel().Constant("c", [2, 2], [1f]), Throws.ArgumentException.With.Message.Contains("'c' of shape [2,2] has 4 elements; 1 are given"));
        OnnxModel huge = new OnnxModel("huge").Weight("w", [1 << 20, 1 << 10], (_, _) => { });
        Assert.That(() => huge.Write(Stream.Null), Throws.InvalidOperationException.With.Message.Contains("huge would be"));
    }

    [Test]
    public void What_one_file_cannot_hold_gets_its_weights_beside_it()
    {
        OnnxModel model = Dense(out float[] weights);
        model.Weight("v", [3], (_, elements) => elements.Fill(2));
        string path = _folder["large.onnx"];

        (long bytes, string? data) = model.SaveAnySize(path, CancellationToken.None, limit: 1000);

        Assert.That(data, Is.EqualTo(path + ".data"));
        Assert.That(bytes, Is.EqualTo(new FileInfo(path).Length + new FileInfo(data!).Length));
        Assert.That(OnnxExternalData.Find(path), Is.EqualTo(new[] { data }));
        ModelProto read = OnnxSkeleton.ReadComplete(path);
        using var files = new OnnxWeightFiles(path);
        byte[] first = new byte[weights.Length * sizeof(float)];
        byte[] second = new byte[3 * sizeof(float)];
        files.Read(read.Graph.Initializer[^2], 0, first);
        files.Read(read.Graph.Initializer[^1], 0, second);
        Assert.That(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(first).ToArray(), Is.EqualTo(weights));
        Assert.That(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(second).ToArray(), Is.EqualTo(new float[] { 2, 2, 2 }));

        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.That(() => model.SaveAnySize(_folder["never.onnx"], cancellation.Token, limit: 1000), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(_folder.Files(), Has.None.Contains("never").And.None.Contains(".tmp"));
    }

    [Test]
    public void External_files_are_found_where_they_exist()
    {
        string path = new OnnxModel().Input("x", OnnxType.Float32, 4).Output("y", OnnxType.Float32, 4)
            .ExternalConstant("w", [4], "weights.bin").ExternalConstant("v", [4], "weights.bin", offset: 16)
            .Node("Add", ["x", "w"], ["z"]).Node("Add", ["z", "v"], ["y"]).Save(_folder["external.onnx"]);
        Assert.That(OnnxExternalData.Find(path), Is.Empty);
        File.WriteAllBytes(_folder["weights.bin"], new byte[32]);
        Assert.That(OnnxExternalData.Find(path), Is.EqualTo(new[] { _folder["weights.bin"] }));
    }

    /// <summary>A weight of several pieces.</summary>
    private static OnnxModel Dense(out float[] weights)
    {
        float[] values = [.. Enumerable.Range(0, 300 * 400).Select(i => i * 0.5f)];
        weights = values;
        return new OnnxModel("dense", opset: 17)
            .Input("x", OnnxType.Float32, "batch", 300)
            .Output("y", OnnxType.Float32, "batch", 400, 1)
            .Constant("axes", [1], [2])
            .Constant("scale", [], [0.5f])
            .Weight("w", [300, 400], (offset, elements) => values.AsSpan((int)offset, elements.Length).CopyTo(elements))
            .Node("MatMul", ["x", "w"], ["h"])
            .Node("Mul", ["h", "scale"], ["s"])
            .Node("Unsqueeze", ["s", "axes"], ["y"]);
    }
}
