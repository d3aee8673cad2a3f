using k8s;
using k8s.Models;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

public sealed class ExportKserveTests
{
    private TemporaryFolder _folder = null!;

    private string Output => _folder["k8s"];

    [SetUp]
    public void SetUp() => _folder = Workbench.NewFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void The_manifests_have_what_a_cluster_needs()
    {
        CliResult result = Run(
            "rec", "--repository", "pvc://models/repo/v1", "--image", "example/pinion:1.2", "--gpus", "2", "--replicas", "3", "--shutdown-limit", "40", "--api-key-secret", "rec-key",
            "--namespace", "ocr", "--json").Exits(0);
        Assert.That(result.Json().GetProperty("files").GetArrayLength(), Is.EqualTo(2));
        var service = (InferenceService)Read("inferenceservice.yaml").Single();
        Assert.That((service.ApiVersion, service.Kind, service.Metadata.Name, service.Metadata.NamespaceProperty), Is.EqualTo(("serving.kserve.io/v1beta1", "InferenceService", "rec", "ocr")));
        InferenceService.ModelSpec model = service.Spec.Predictor.Model;
        Assert.That((model.ModelFormat["name"], model.Runtime, model.ProtocolVersion, model.StorageUri), Is.EqualTo(("triton", "kserve-tritonserver", "v2", "pvc://models/repo/v1")));
        Assert.That(model.Resources.Limits["nvidia.com/gpu"].ToString(), Is.EqualTo("2"));

        object[] documents = Read("deployment.yaml");
        Assert.That(documents.Select(d => d.GetType()), Is.EqualTo([typeof(V1Deployment), typeof(V1Service), typeof(V1PodDisruptionBudget)]));
        V1DeploymentSpec deployment = ((V1Deployment)documents[0]).Spec;
        V1PodSpec pod = deployment.Template.Spec;
        V1Container container = pod.Containers[0];
        Assert.That(deployment.Replicas, Is.EqualTo(3));
        Assert.That(container.Args, Is.EqualTo(["/models", "--host", "0.0.0.0", "--port", "8000", "--shutdown-limit", "40"]));
        foreach ((V1Probe probe, string path) in new[] { (container.StartupProbe, "ready"), (container.ReadinessProbe, "ready"), (container.LivenessProbe, "live") })
        {
            Assert.That(probe.HttpGet.Path, Is.EqualTo($"/v2/health/{path}"));
            Assert.That(probe.HttpGet.Port.Value, Is.EqualTo("http"));
        }

        Assert.That(pod.TerminationGracePeriodSeconds, Is.GreaterThan(40), "what was accepted must be able to finish");
        Assert.That(pod.SecurityContext.RunAsNonRoot, Is.True);
        Assert.That(container.SecurityContext.ReadOnlyRootFilesystem, Is.True);
        Assert.That(container.SecurityContext.AllowPrivilegeEscalation, Is.False);
        Assert.That(container.SecurityContext.Capabilities.Drop[0], Is.EqualTo("ALL"));
        Assert.That(container.Resources.Limits["nvidia.com/gpu"].ToString(), Is.EqualTo("2"));
        Assert.That((container.Env[0].Name, container.Env[0].ValueFrom.SecretKeyRef.Name), Is.EqualTo(("PINION_API_KEY", "rec-key")));
        Assert.That((container.VolumeMounts[0].MountPath, container.VolumeMounts[0].SubPath), Is.EqualTo(("/models", "repo/v1")));
        Assert.That(pod.Volumes[0].PersistentVolumeClaim.ClaimName, Is.EqualTo("models"));

        // One label chooses the pods everywhere.
        V1ServiceSpec ports = ((V1Service)documents[1]).Spec;
        IDictionary<string, string> labels = deployment.Template.Metadata.Labels;
        Assert.That(labels, Is.Not.Empty);
        foreach (IDictionary<string, string> selector in new[] { deployment.Selector.MatchLabels, ports.Selector, ((V1PodDisruptionBudget)documents[2]).Spec.Selector.MatchLabels })
        {
            Assert.That(selector, Is.EquivalentTo(labels));
        }

        Assert.That(ports.Ports[0].TargetPort.Value, Is.EqualTo(container.Ports[0].Name));
    }

    [Test]
    public void Without_a_repository_or_a_gpu_triton_is_left_out()
    {
        CliResult result = Run("rec").Exits(0);
        Assert.That(result.Errors, Does.Contain("--repository names none").And.Contain("the image must hold the repository at /models"));
        Assert.That(Directory.GetFiles(Output).Select(Path.GetFileName), Is.EqualTo(["deployment.yaml"]));
        Assert.That(Run("rec", "--gpus", "0", "--repository", "s3://bucket/models", "--force").Exits(0).Errors, Does.Contain("Triton runs plans on GPUs alone"));
        IDictionary<string, ResourceQuantity> limits = ((V1Deployment)Read("deployment.yaml")[0]).Spec.Template.Spec.Containers[0].Resources.Limits;
        Assert.That(limits, Is.Not.Empty);
        Assert.That(limits.Keys, Has.No.Member("nvidia.com/gpu"));
    }

    [Test]
    public void Files_are_not_replaced_unasked()
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
    public void Names_are_dns_labels(string name) => Run(name).Fails(2, "must be lower-case letters, digits and dashes");

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
    public void Wrong_options_are_refused(string option, string value, string message)
    {
        Run("rec", option, value).Fails(2, message);
        Assert.That(Directory.Exists(Output), Is.False);
    }

    private CliResult Run(string name, params string[] options) => Cli.Run(["export", "kserve", name, "-o", Output, .. options]);

    /// <summary>The file's documents as Kubernetes' own client understands them; a field that a type lacks is an error.</summary>
    private object[] Read(string file) =>
        [.. KubernetesYaml.LoadAllFromString(File.ReadAllText(Path.Combine(Output, file)), new Dictionary<string, Type> { ["serving.kserve.io/v1beta1/InferenceService"] = typeof(InferenceService) }, strict: true)];

    /// <summary>KServe's resource, as far as it is written; the client has types for Kubernetes' own alone.</summary>
    private sealed class InferenceService
    {
        public required string ApiVersion { get; set; }

        public required string Kind { get; set; }

        public required V1ObjectMeta Metadata { get; set; }

        public required ServiceSpec Spec { get; set; }

        public sealed class ServiceSpec
        {
            public required PredictorSpec Predictor { get; set; }
        }

        public sealed class PredictorSpec
        {
            public required int MinReplicas { get; set; }

            public required ModelSpec Model { get; set; }
        }

        public sealed class ModelSpec
        {
            public required Dictionary<string, string> ModelFormat { get; set; }

            public required string Runtime { get; set; }

            public required string ProtocolVersion { get; set; }

            public required string StorageUri { get; set; }

            public required V1ResourceRequirements Resources { get; set; }
        }
    }
}
