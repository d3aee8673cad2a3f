namespace Pinion.Triton.Tests;

public sealed class KserveManifestsTests
{
    private static readonly KserveOptions Options = new() { Name = "rec", Image = "pinion", Repository = "s3://bucket/models" };

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Both_servers_get_their_file_and_nothing_is_replaced_unasked()
    {
        IReadOnlyList<string> files = KserveManifests.Write(_folder["k8s"], Options);
        Assert.That(files.Select(Path.GetFileName), Is.EqualTo(new[] { KserveManifests.InferenceServiceFile, KserveManifests.DeploymentFile }));
        Assert.That(File.ReadAllText(files[0]), Does.Contain("storageUri: \"s3://bucket/models\"\n"));
        Assert.That(() => KserveManifests.Write(_folder["k8s"], Options), Throws.TypeOf<ExportException>().With.Message.Contains("exists"));
        Assert.That(KserveManifests.Write(_folder["k8s"], Options with { Gpus = 0 }, replace: true), Has.Count.EqualTo(1), "Triton needs a GPU");
    }

    [Test]
    public void Wrong_options_are_named_and_nothing_is_written()
    {
        ExportOptionException wrong = Assert.Throws<ExportOptionException>(() => KserveManifests.Write(_folder["k8s"], Options with { Memory = "4 Gi" }))!;
        Assert.That((wrong.Option, wrong.Problem), Is.EqualTo(("Memory", "'4 Gi' must be a quantity such as 4Gi.")));
        Assert.That(Directory.Exists(_folder["k8s"]), Is.False);
    }
}
