using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

public sealed class PreprocessTests
{
    private static readonly string Photo = Path.Combine(Child.RepositoryRoot, "src/samples/OcrService/line.png");

    [Test]
    public void Images_become_one_batch_of_the_models_type_and_size()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        JsonElement d = Cli.Run("preprocess", "zoo:TNT_small", Photo, Photo, "-o", folder["x.npy"], "--json").Exits(0).Json();
        Assert.That((d.GetProperty("input").GetString(), d.GetProperty("dtype").GetString()), Is.EqualTo(("x", "float32")));
        Assert.That(d.GetProperty("preprocessing").GetProperty("resizeShort").GetInt32(), Is.EqualTo(248));
        Assert.That(d.GetProperty("images").GetArrayLength(), Is.EqualTo(2));
        float[] x = Workbench.ReadFloats(folder["x.npy"], out long[] shape);
        Assert.That(shape, Is.EqualTo(new long[] { 2, 3, 224, 224 }));
        Assert.That(x, Has.All.InRange(-1f, 1f));
        Assert.That(x.Take(x.Length / 2), Is.EqualTo(x.Skip(x.Length / 2)));
        Assert.That(x.Distinct().Count(), Is.GreaterThan(20));

        // The bytes alone, and another model's way.
        Assert.That(Cli.Run("preprocess", "zoo:TNT_small", Photo, "-o", folder["x.bin"]).Exits(0).Output, Does.Contain("x.bin: x, float32 1x3x224x224, of 1 image; short side to 248 (bicubic of pil)"));
        Assert.That(File.ReadAllBytes(folder["x.bin"]), Is.EqualTo(File.ReadAllBytes(folder["x.npy"])[^(3 * 224 * 224 * 4)..]));
        Cli.Run("preprocess", "zoo:DPN68", Photo, "-o", folder["y.bin"]).Exits(0);
        Assert.That(File.ReadAllBytes(folder["y.bin"]), Is.Not.EqualTo(File.ReadAllBytes(folder["x.bin"])));
    }

    /// <summary>The way of a model with its own preprocessing and FP16 input: from the file, from its plan, and of another file.</summary>
    [Test]
    public void A_model_and_its_plan_say_how_and_a_file_overrides_them()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        OnnxModel model = new OnnxModel().Input("image", OnnxType.Float16, 1, 3, 32, 40).Output("y", OnnxType.Float16, 1, 3, 32, 40).Node("Identity", ["image"], ["y"]);
        string plain = model.Save(folder["plain.onnx"]);
        model.Proto.MetadataProps.Add(new StringStringEntryProto { Key = "pinion.preprocessing", Value = """{"size":[40,32],"interpolation":"lanczos","backend":"pil"}""" });
        model.Proto.MetadataProps.Add(new StringStringEntryProto { Key = "pinion.labels", Value = "cat\ndog" });
        string told = model.Save(folder["told.onnx"]);
        Cli.Run("build", told, "-o", folder["told.plan"]).Exits(0);
        File.WriteAllText(folder["own.json"], """{"size":[40,32],"interpolation":"lanczos","backend":"pil"}""");

        Cli.Run("preprocess", told, Photo, "-o", folder["a.npy"]).Exits(0);
        Cli.Run("preprocess", folder["told.plan"], Photo, "-o", folder["b.npy"]).Exits(0);
        Cli.Run("preprocess", plain, Photo, "--preprocess", folder["own.json"], "-o", folder["c.npy"]).Exits(0);
        using (var npy = NpyFile.Open(folder["a.npy"]))
        {
            Assert.That(npy.Shape.ToArray(), Is.EqualTo(new long[] { 1, 3, 32, 40 }));
            Assert.That(npy.Read<Half>().Distinct().Count(), Is.GreaterThan(20));
        }

        Assert.That(File.ReadAllBytes(folder["b.npy"]), Is.EqualTo(File.ReadAllBytes(folder["a.npy"])));
        Assert.That(File.ReadAllBytes(folder["c.npy"]), Is.EqualTo(File.ReadAllBytes(folder["a.npy"])));
        Cli.Run("run", folder["told.plan"], "--input", $"image={folder["a.npy"]}").Exits(0);

        foreach (string file in new[] { told, folder["told.plan"] })
        {
            JsonElement d = Cli.Run("inspect", file, "--json").Exits(0).Json();
            Assert.That((d.GetProperty("preprocessing").GetProperty("interpolation").GetString(), d.GetProperty("labels").GetInt32()), Is.EqualTo(("lanczos", 2)));
            Assert.That(Cli.Run("inspect", file).Exits(0).Output, Does.Contain("images: resized to 40 x 32 (lanczos of pil)").And.Contain("classes: 2 labels"));
        }

        Cli.Run("preprocess", plain, Photo, "-o", folder["d.npy"]).Fails(1, "plain.onnx does not say how its images are preprocessed");
        File.WriteAllText(folder["wrong.json"], """{"size":41}""");
        Cli.Run("preprocess", told, Photo, "--preprocess", folder["wrong.json"], "-o", folder["d.npy"]).Fails(1, "takes images of 40 x 32 pixels, and the preprocessing makes 41 x 41");
        Cli.Run("preprocess", Workbench.AddOne, Photo, "--preprocess", folder["own.json"], "-o", folder["d.npy"]).Fails(1, "takes no images alone");
        Assert.That(File.Exists(folder["d.npy"]), Is.False);
    }

    [Test]
    public void What_is_wrong_is_named_and_nothing_is_written()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        File.WriteAllBytes(folder["cut.png"], File.ReadAllBytes(Photo)[..300]);
        Cli.Run("preprocess", "zoo:DPN68", Photo, folder["cut.png"], "-o", folder["x.npy"]).Fails(1, "cut.png: the PNG is damaged: it ends early");
        Cli.Run("preprocess", "zoo:DPN68", folder["none.png"], "-o", folder["x.npy"]).Fails(1, "none.png does not exist");
        Cli.Run("preprocess", "zoo:DPN680", Photo, "-o", folder["x.npy"]).Fails(2, "zoo list");
        Cli.Run("preprocess", "zoo:DPN68", Photo, "-o", folder["x.jpg"]).Fails(2, "ends neither in .npy nor in .bin");
        Cli.Run("preprocess", "zoo:DPN68", Photo, "--preprocess", folder["none.json"], "-o", folder["x.npy"]).Fails(1, "none.json does not exist");
        Assert.That(Directory.GetFiles(folder.Path).Select(f => Path.GetFileName(f)), Is.EqualTo(new[] { "cut.png" }));
    }
}
