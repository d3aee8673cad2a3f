using System.Diagnostics;
using System.Text.Json;
using Pinion.Cli.Tests.Support;
using Pinion.Tests.Support;

namespace Pinion.Cli.Tests.Processes;

public sealed class ExportKserveTests
{
    private TemporaryFolder _folder = null!;

    private string Output => _folder["k8s"];

    [SetUp]
    public void SetUp() => _folder = Workbench.NewFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void TheManifestsHaveWhatAClusterNeeds()
    {
        CliResult result = Run(
            "rec", "--repository", "pvc://models/repo/v1", "--image", "example/pinion:1.2", "--gpus", "2", "--replicas", "3", "--shutdown-limit", "40", "--api-key-secret", "rec-key",
            "--namespace", "ocr", "--json").Exits(0);
        Assert.That(result.Json().GetProperty("files").GetArrayLength(), Is.EqualTo(2));
        JsonElement service = Read("inferenceservice.yaml").Single();
        Assert.That(Text(service, "apiVersion", "kind", "metadata.name", "metadata.namespace"), Is.EqualTo(["serving.kserve.io/v1beta1", "InferenceService", "rec", "ocr"]));
        JsonElement model = At(service, "spec.predictor.model");
        Assert.That(Text(model, "modelFormat.name", "runtime", "protocolVersion", "storageUri"), Is.EqualTo(["triton", "kserve-tritonserver", "v2", "pvc://models/repo/v1"]));
        Assert.That(At(model, "resources.limits").GetProperty("nvidia.com/gpu").GetString(), Is.EqualTo("2"));

        JsonElement[] documents = Read("deployment.yaml");
        Assert.That(documents.Select(d => d.GetProperty("kind").GetString()), Is.EqualTo(["Deployment", "Service", "PodDisruptionBudget"]));
        JsonElement deployment = documents[0];
        JsonElement pod = At(deployment, "spec.template.spec");
        JsonElement container = pod.GetProperty("containers")[0];
        Assert.That(At(deployment, "spec.replicas").GetInt32(), Is.EqualTo(3));
        Assert.That(container.GetProperty("args").EnumerateArray().Select(a => a.GetString()), Is.EqualTo(["/models", "--host", "0.0.0.0", "--port", "8000", "--shutdown-limit", "40"]));
        foreach ((string probe, string path) in new[] { ("startupProbe", "ready"), ("readinessProbe", "ready"), ("livenessProbe", "live") })
        {
            Assert.That(At(container, $"{probe}.httpGet.path").GetString(), Is.EqualTo($"/v2/health/{path}"));
            Assert.That(At(container, $"{probe}.httpGet.port").GetString(), Is.EqualTo("http"));
        }
        Assert.That(At(pod, "terminationGracePeriodSeconds").GetInt32(), Is.GreaterThan(40), "what was accepted must be able to finish");
        Assert.That(At(pod, "securityContext.runAsNonRoot").GetBoolean(), Is.True);
        Assert.That(At(container, "securityContext.readOnlyRootFilesystem").GetBoolean(), Is.True);
        Assert.That(At(container, "securityContext.allowPrivilegeEscalation").GetBoolean(), Is.False);
        Assert.That(At(container, "securityContext.capabilities.drop")[0].GetString(), Is.EqualTo("ALL"));
        Assert.That(At(container, "resources.limits").GetProperty("nvidia.com/gpu").GetString(), Is.EqualTo("2"));
        Assert.That(Text(container.GetProperty("env")[0], "name", "valueFrom.secretKeyRef.name"), Is.EqualTo(["PINION_API_KEY", "rec-key"]));
        Assert.That(Text(container.GetProperty("volumeMounts")[0], "mountPath", "subPath"), Is.EqualTo(["/models", "repo/v1"]));
        Assert.That(At(pod.GetProperty("volumes")[0], "persistentVolumeClaim.claimName").GetString(), Is.EqualTo("models"));

        // One label chooses the pods everywhere.
        string labels = At(deployment, "spec.template.metadata.labels").GetRawText();
        foreach (JsonElement selector in new[] { At(deployment, "spec.selector.matchLabels"), At(documents[1], "spec.selector"), At(documents[2], "spec.selector.matchLabels") })
        {
            Assert.That(selector.GetRawText(), Is.EqualTo(labels));
        }
        Assert.That(At(documents[1], "spec.ports")[0].GetProperty("targetPort").GetString(), Is.EqualTo(container.GetProperty("ports")[0].GetProperty("name").GetString()));
    }

    [Test]
    public void WithoutARepositoryOrAGpuTritonIsLeftOut()
    {
        CliResult result = Run("rec").Exits(0);
        Assert.That(result.Errors, Does.Contain("--repository names none").And.Contain("the image must hold the repository at /models"));
        Assert.That(Directory.GetFiles(Output).Select(Path.GetFileName), Is.EqualTo(["deployment.yaml"]));
        Assert.That(Run("rec", "--gpus", "0", "--repository", "s3://bucket/models", "--force").Exits(0).Errors, Does.Contain("Triton runs plans on GPUs alone"));
        JsonElement limits = At(Read("deployment.yaml")[0].GetProperty("spec").GetProperty("template").GetProperty("spec").GetProperty("containers")[0], "resources.limits");
        Assert.That(limits.TryGetProperty("nvidia.com/gpu", out _), Is.False);
    }

    [Test]
    public void FilesAreNotReplacedUnasked()
    {
        Run("rec", "--repository", "s3://b/m").Exits(0);
        Run("rec", "--repository", "s3://b/m").Fails(1, "exists: --force replaces it");
        Run("rec", "--repository", "s3://b/m", "--force").Exits(0);
    }

    [TestCase("Rec")]
    [TestCase("1rec")]
    [TestCase("rec-")]
    [TestCase("r_c")]
    [TestCase("rec\n")]
    [TestCase("a23456789012345678901234567890123456789012345678901234")]
    public void NamesAreDnsLabels(string name) => Run(name).Fails(2, "must be lower-case letters, digits and dashes");

    [TestCase("--image", "a b", "--image 'a b'")]
    [TestCase("--image", "", "--image ''")]
    [TestCase("--repository", "/models", "must be a URI")]
    [TestCase("--repository", "pvc://Claim/x", "pvc://CLAIM/PATH")]
    [TestCase("--repository", "pvc://claim/../x", "pvc://CLAIM/PATH")]
    [TestCase("--gpus", "-1", "--gpus -1 is out of range")]
    [TestCase("--replicas", "0", "--replicas 0 is out of range")]
    [TestCase("--memory", "4 Gi", "--memory '4 Gi'")]
    [TestCase("--namespace", "a.b", "--namespace 'a.b'")]
    [TestCase("--api-key-secret", "Key", "--api-key-secret 'Key'")]
    public void WrongOptionsAreRefused(string option, string value, string message)
    {
        Run("rec", option, value).Fails(2, message);
        Assert.That(Directory.Exists(Output), Is.False);
    }

    private CliResult Run(string name, params string[] options) => Support.Cli.Run(["export", "kserve", name, "-o", Output, .. options]);

    /// <summary>The file's documents as another reader of YAML understands them.</summary>
    private JsonElement[] Read(string file)
    {
        const string script = "import json,sys,yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
        var start = new ProcessStartInfo("python3", ["-c", script, Path.Combine(Output, file)]) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process? process = null;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Ignore("python3, which reads the YAML here, is not installed.");
        }
        using (process)
        {
            Task<string> errors = process!.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (errors.Result.Contains("No module named 'yaml'", StringComparison.Ordinal))
            {
                Assert.Ignore("python3-yaml, which reads the YAML here, is not installed.");
            }
            Assert.That(process.ExitCode, Is.Zero, errors.Result);
            using JsonDocument document = JsonDocument.Parse(output);
            return [.. document.RootElement.Clone().EnumerateArray()];
        }
    }

    private static JsonElement At(JsonElement element, string path) => path.Split('.').Aggregate(element, (at, name) => at.GetProperty(name));

    private static string?[] Text(JsonElement element, params string[] paths) => [.. paths.Select(p => At(element, p).GetString())];
}
