using System.IO.Compression;

namespace Pinion.Fp16.Tests;

public sealed class SamplesTests
{
    private static readonly TensorInfo[] One = [new("x", TensorMode.Input, TensorDataType.Float32, new TensorShape(-1, 3))];

    private static readonly TensorInfo[] Two =
    [
        new("in/ids", TensorMode.Input, TensorDataType.Int32, new TensorShape(2)),
        new("mask", TensorMode.Input, TensorDataType.Float32, new TensorShape(2)),
    ];

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Every_array_is_a_sample_of_a_model_with_one_input()
    {
        NpyFile.Write<float>(_folder["b.npy"], [2, 3], [1, 2, 3, 4, 5, 6]);
        NpyFile.Write<double>(_folder["a.npy"], [1, 3], [7, 8, 9]);
        var samples = GuardSamples.Open(_folder.Path, One);
        Assert.That(samples.Count, Is.EqualTo(2));
        Assert.That(samples.Description, Does.Contain("2 samples").And.Contain(_folder.Path));
        Assert.That(Values<float>(samples, 0, One[0]), Is.EqualTo([7f, 8, 9]), "float64 as NumPy makes it, in the order of the names");
        Assert.That(samples.ShapeOf(1, One[0]), Is.EqualTo(new TensorShape(2, 3)));
        OptimizationProfile profile = samples.Profile()!;
        Assert.That(profile.Inputs["x"].Min, Is.EqualTo(new TensorShape(1, 3)));
        Assert.That(profile.Inputs["x"].Max, Is.EqualTo(new TensorShape(2, 3)));
        Assert.That(samples.CommonShapes(), Is.Empty);
    }

    [Test]
    public void Folders_archives_and_arrays_are_samples_of_a_model_with_several_inputs()
    {
        string first = Directory.CreateDirectory(_folder["first"]).FullName;
        foreach (string folder in new[] { _folder.Path, first })
        {
            NpyFile.Write<long>(Path.Combine(folder, "in_ids.npy"), [2], [folder == first ? 1 : 2, 3]);
            NpyFile.Write<float>(Path.Combine(folder, "mask.npy"), [2], [0, 1]);
        }

        Archive("z.npz", ("in/ids", _folder["in_ids.npy"]), ("mask", _folder["mask.npy"]));
        Directory.CreateDirectory(_folder["empty"]);
        File.WriteAllText(_folder["notes.txt"], "");
        var samples = GuardSamples.Open(_folder.Path, Two);
        Assert.That(samples.Count, Is.EqualTo(3));
        Assert.That(Enumerable.Range(0, 3).Select(s => Values<int>(samples, s, Two[0])[0]), Is.EqualTo([2, 1, 2]));
        Assert.That(samples.Profile(), Is.Null);
    }

    [Test]
    public void The_same_samples_have_the_same_digest()
    {
        NpyFile.Write<float>(_folder["a.npy"], [1, 3], [7, 8, 9]);
        string digest = GuardSamples.Open(_folder.Path, One).Digest;
        Assert.That(GuardSamples.Open(_folder.Path, One).Digest, Is.EqualTo(digest));
        NpyFile.Write<float>(_folder["a.npy"], [1, 3], [7, 8, 10]);
        Assert.That(GuardSamples.Open(_folder.Path, One).Digest, Is.Not.EqualTo(digest));
    }

    [Test]
    public void What_does_not_fit_is_named()
    {
        Assert.That(() => GuardSamples.Open(_folder["none"], One), Throws.TypeOf<GuardException>().With.Message.Contains("there is no folder"));
        Assert.That(() => GuardSamples.Open(_folder.Path, One), Throws.TypeOf<GuardException>().With.Message.Contains("has no samples").And.Message.Contains("x.npy"));
        Refused(One, "a.npy has shape 1x4; input 'x' is -1x3", "a.npy", () => NpyFile.Write<float>(_folder["a.npy"], [1, 4], [1, 2, 3, 4]));
        Refused(One, "a.npy has shape 0x3", "a.npy", () => NpyFile.Write<float>(_folder["a.npy"], [0, 3], []));
        Refused(One, "a.npy holds int32; input 'x' is float32", "a.npy", () => NpyFile.Write<int>(_folder["a.npy"], [1, 3], [1, 2, 3]));
        Refused(One, "a.npy cannot be read", "a.npy", () => File.WriteAllText(_folder["a.npy"], "no array"));
        Refused(Two, "has no mask.npy for input 'mask'", "in_ids.npy", () => NpyFile.Write<int>(_folder["in_ids.npy"], [2], [1, 2]));
        NpyFile.Write<long>(_folder["in_ids.npy"], [2], [1, 1L << 40]);
        Refused(Two, "holds 1099511627776 at [1]; input 'in/ids' is int32", "mask.npy", () => NpyFile.Write<float>(_folder["mask.npy"], [2], [1, 2]));
        File.Delete(_folder["in_ids.npy"]);
        Refused(One, "z.npz cannot be read", "z.npz", () => File.WriteAllText(_folder["z.npz"], "no archive"));
        NpyFile.Write<float>(_folder["array"], [1, 3], [1, 2, 3]);
        Refused(One, "has no array 'x'", "z.npz", () => Archive("z.npz", ("X", _folder["array"])));
    }

    [Test]
    public void Seeded_samples_are_the_same_everywhere_and_differ_from_each_other()
    {
        var samples = GuardSamples.Seeded(3, One, new Dictionary<string, TensorShape> { ["x"] = new(2, 3) });
        Assert.That(samples.Description, Is.EqualTo("3 seeded samples (seed 0), x:2x3"));
        float[] first = Values<float>(samples, 0, One[0]);
        Assert.That(first, Has.Length.EqualTo(6).And.All.InRange(-1f, 1f));
        Assert.That(Values<float>(samples, 1, One[0]), Is.Not.EqualTo(first));
        Assert.That(Values<float>(GuardSamples.Seeded(1, One, new Dictionary<string, TensorShape> { ["x"] = new(2, 3) }), 0, One[0]), Is.EqualTo(first));
        Assert.That(GuardSamples.Seeded(1, One).ShapeOf(0, One[0]), Is.EqualTo(new TensorShape(1, 3)), "a batch that nobody gave is 1");
        Assert.That(samples.CommonShapes()["x"], Is.EqualTo(new long[] { 2, 3 }));
    }

    [Test]
    public void Seeded_samples_that_cannot_be_are_refused()
    {
        TensorInfo[] wide = [new("x", TensorMode.Input, TensorDataType.Float32, new TensorShape(1, -1))];
        TensorInfo[] eight = [new("x", TensorMode.Input, TensorDataType.Fp8, new TensorShape(4))];
        Assert.That(() => GuardSamples.Seeded(0, One), Throws.TypeOf<GuardException>().With.Message.Contains("1 to 100000"));
        Assert.That(() => GuardSamples.Seeded(1, wide), Throws.TypeOf<GuardException>().With.Message.Contains("give its shape"));
        Assert.That(() => GuardSamples.Seeded(1, eight), Throws.TypeOf<GuardException>().With.Message.Contains("no values are drawn for input 'x'"));
        Assert.That(() => GuardSamples.Seeded(1, One, new Dictionary<string, TensorShape> { ["y"] = new(1, 3) }), Throws.TypeOf<GuardException>().With.Message.Contains("no input 'y'"));
        Assert.That(() => GuardSamples.Seeded(1, One, new Dictionary<string, TensorShape> { ["x"] = new(1, 4) }), Throws.TypeOf<GuardException>().With.Message.Contains("does not fit"));
    }

    private static T[] Values<T>(GuardSamples samples, int sample, TensorInfo input)
        where T : unmanaged
    {
        var values = new T[samples.ShapeOf(sample, input).ElementCount];
        samples.Fill(sample, input, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    private void Refused(TensorInfo[] inputs, string problem, string file, Action write)
    {
        write();
        Assert.That(() => GuardSamples.Open(_folder.Path, inputs), Throws.TypeOf<GuardException>().With.Message.Contains(problem));
        File.Delete(_folder[file]);
    }

    private void Archive(string name, params (string Array, string File)[] arrays)
    {
        using ZipArchive archive = ZipFile.Open(_folder[name], ZipArchiveMode.Create);
        foreach ((string array, string file) in arrays)
        {
            archive.CreateEntryFromFile(file, array + ".npy");
        }
    }
}
