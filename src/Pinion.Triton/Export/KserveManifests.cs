using System.Globalization;
using System.Text;

namespace Pinion.Triton;

/// <summary>The manifests: KServe's service with Triton, and a plain deployment of <c>pinion serve</c>. Facts only, no wishes for a cluster.</summary>
public static class KserveManifests
{
    /// <summary>The file of KServe's service.</summary>
    public const string InferenceServiceFile = "inferenceservice.yaml";

    /// <summary>The file of the deployment, its service and its disruption budget.</summary>
    public const string DeploymentFile = "deployment.yaml";

    private const int Port = 8000;
    private const int User = 10001;
    private const string Models = "/models";
    private const string Ready = "/v2/health/ready";
    private const string Live = "/v2/health/live";
    private const string ModelsVolume = "models";
    private const string ScratchVolume = "scratch";

    /// <summary>Endpoints forget a pod only after it was told to stop; until then it still takes requests.</summary>
    private const int SecondsToLeave = 5;

    /// <summary>To free engines once the last request is answered.</summary>
    private const int SecondsToFree = 15;

    /// <summary>
    /// Writes the manifests: the deployment of <c>pinion serve</c>, and KServe's service where there is a repository for it to fetch
    /// and a GPU for Triton to run plans on.
    /// </summary>
    /// <param name="folder">The folder; made if missing.</param>
    /// <param name="options">The service.</param>
    /// <param name="replace">Whether files that exist are replaced.</param>
    /// <returns>The files.</returns>
    /// <exception cref="ExportOptionException">An option is not what a cluster takes.</exception>
    /// <exception cref="ExportException">A file exists, or the folder cannot be made.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static IReadOnlyList<string> Write(string folder, KserveOptions options, bool replace = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var files = new List<(string Path, string Text)>();
        if (options is { Repository: not null, Gpus: > 0 })
        {
            files.Add((Path.Combine(folder, InferenceServiceFile), Yaml.Write(InferenceService(options))));
        }

        files.Add((Path.Combine(folder, DeploymentFile), Yaml.Write(Deployment(options))));
        if (!replace && files.Find(f => File.Exists(f.Path)).Path is { } existing)
        {
            throw new ExportException(ExportRefusal.Exists, $"{existing} exists.");
        }

        using NewFolder made = Make(folder);
        foreach ((string path, string text) in files)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            AtomicFile.Write(path, bytes.Length, stream => stream.Write(bytes));
        }

        return [.. files.Select(f => f.Path)];
    }

    private static NewFolder Make(string folder)
    {
        try
        {
            return new NewFolder(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ExportException(ExportRefusal.Folder, $"the folder {folder} cannot be made: {AtomicFile.Reason(e)}.", e);
        }
    }

    /// <summary>The deployment's name. Not the InferenceService's own: KServe makes services of that name.</summary>
    public static string DeploymentName(KserveOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Name + "-pinion";
    }

    /// <summary>KServe's service: its own Triton runtime, with the repository as it was exported.</summary>
    internal static YamlMap InferenceService(KserveOptions s) => new()
    {
        { "apiVersion", "serving.kserve.io/v1beta1" },
        { "kind", "InferenceService" },
        { "metadata", Metadata(s, s.Name) },
        {
            "spec", new YamlMap
            {
                {
                    "predictor", new YamlMap
                    {
                        { "minReplicas", s.Replicas },
                        {
                            "model", new YamlMap
                            {
                                { "modelFormat", new YamlMap { { "name", "triton" }, { "version", "2" } } },
                                { "runtime", "kserve-tritonserver" },
                                { "protocolVersion", "v2" },
                                { "storageUri", s.Repository },
                                { "resources", Resources(s) },
                            }
                        },
                    }
                },
            }
        },
    };

    /// <summary>The deployment of <c>pinion serve</c>, its service and its disruption budget.</summary>
    internal static YamlMap[] Deployment(KserveOptions s)
    {
        string name = DeploymentName(s);
        return [
            new YamlMap
            {
                { "apiVersion", "apps/v1" },
                { "kind", "Deployment" },
                { "metadata", Metadata(s, name) },
                {
                    "spec", new YamlMap
                    {
                        { "replicas", s.Replicas },
                        { "strategy", new YamlMap { { "type", "RollingUpdate" }, { "rollingUpdate", new YamlMap { { "maxUnavailable", 0 }, { "maxSurge", 1 } } } } },
                        { "selector", new YamlMap { { "matchLabels", Selector(name) } } },
                        { "template", new YamlMap { { "metadata", PodMetadata(name) }, { "spec", Pod(s, name) } } },
                    }
                },
            },
            new YamlMap
            {
                { "apiVersion", "v1" },
                { "kind", "Service" },
                { "metadata", Metadata(s, name) },
                {
                    "spec", new YamlMap
                    {
                        { "selector", Selector(name) },
                        { "ports", (object[])[new YamlMap { { "name", "http" }, { "port", Port }, { "targetPort", "http" } }] },
                    }
                },
            },
            new YamlMap
            {
                { "apiVersion", "policy/v1" },
                { "kind", "PodDisruptionBudget" },
                { "metadata", Metadata(s, name) },
                { "spec", new YamlMap { { "maxUnavailable", 1 }, { "selector", new YamlMap { { "matchLabels", Selector(name) } } } } },
            },
        ];
    }

    private static YamlMap Pod(KserveOptions s, string name) => new()
    {
        { "automountServiceAccountToken", false },
        { "enableServiceLinks", false },
        { "terminationGracePeriodSeconds", SecondsToLeave + s.ShutdownSeconds + SecondsToFree },
        {
            "securityContext", new YamlMap
            {
                { "runAsNonRoot", true },
                { "runAsUser", User },
                { "runAsGroup", User },
                { "fsGroup", User },
                { "seccompProfile", new YamlMap { { "type", "RuntimeDefault" } } },
            }
        },
        {
            "topologySpreadConstraints", (object[])[
                new YamlMap
                {
                    { "maxSkew", 1 },
                    { "topologyKey", "kubernetes.io/hostname" },
                    { "whenUnsatisfiable", "ScheduleAnyway" },
                    { "labelSelector", new YamlMap { { "matchLabels", Selector(name) } } },
                },
            ]
        },
        { "containers", (object[])[Container(s)] },
        {
            "volumes", Volumes(s, claim: new YamlMap { { "name", ModelsVolume }, { "persistentVolumeClaim", new YamlMap { { "claimName", Claim(s).Name }, { "readOnly", true } } } },
                scratch: new YamlMap { { "name", ScratchVolume }, { "emptyDir", new YamlMap { { "sizeLimit", "256Mi" } } } })
        },
    };

    private static YamlMap Container(KserveOptions s) => new()
    {
        { "name", "pinion" },
        { "image", s.Image },
        {
            // Behind the image's entry point, pinion serve.
            "args", (object[])[
                Models, "--host", "0.0.0.0", "--port", Port.ToString(CultureInfo.InvariantCulture),
                "--shutdown-limit", s.ShutdownSeconds.ToString(CultureInfo.InvariantCulture),
            ]
        },
        { "env", Environment(s) },
        { "ports", (object[])[new YamlMap { { "name", "http" }, { "containerPort", Port } }] },
        { "startupProbe", Probe(Ready, period: 5, failures: 120) },
        { "readinessProbe", Probe(Ready, period: 5, failures: 2) },
        { "livenessProbe", Probe(Live, period: 10, failures: 6) },
        { "lifecycle", new YamlMap { { "preStop", new YamlMap { { "exec", new YamlMap { { "command", (object[])["sleep", SecondsToLeave.ToString(CultureInfo.InvariantCulture)] } } } } } } },
        { "resources", Resources(s) },
        {
            "securityContext", new YamlMap
            {
                { "allowPrivilegeEscalation", false },
                { "readOnlyRootFilesystem", true },
                { "capabilities", new YamlMap { { "drop", (object[])["ALL"] } } },
            }
        },
        {
            "volumeMounts", Volumes(s, claim: new YamlMap { { "name", ModelsVolume }, { "mountPath", Models }, { "subPath", Claim(s).Path }, { "readOnly", true } },
                scratch: new YamlMap { { "name", ScratchVolume }, { "mountPath", "/tmp" } })
        },
    };

    private static object[] Volumes(KserveOptions s, YamlMap claim, YamlMap scratch) => s.IsClaim ? [claim, scratch] : [scratch];

    private static object[]? Environment(KserveOptions s) => s.ApiKeySecret is null ? null :
    [
        new YamlMap
        {
            { "name", "PINION_API_KEY" },
            { "valueFrom", new YamlMap { { "secretKeyRef", new YamlMap { { "name", s.ApiKeySecret }, { "key", "key" } } } } },
        },
    ];

    private static (string Name, string? Path) Claim(KserveOptions s)
    {
        string[] parts = (s.IsClaim ? s.Repository![KserveOptions.ClaimScheme.Length..] : "").Split('/', 2);
        return (parts[0], parts.Length > 1 && parts[1].Trim('/').Length > 0 ? parts[1].Trim('/') : null);
    }

    private static YamlMap Probe(string path, int period, int failures) => new()
    {
        { "httpGet", new YamlMap { { "path", path }, { "port", "http" } } },
        { "periodSeconds", period },
        { "timeoutSeconds", 2 },
        { "failureThreshold", failures },
    };

    private static YamlMap Resources(KserveOptions s)
    {
        string? gpus = s.Gpus > 0 ? s.Gpus.ToString(CultureInfo.InvariantCulture) : null;
        return new YamlMap
        {
            { "requests", new YamlMap { { "cpu", s.Cpu }, { "memory", s.Memory } } },
            { "limits", new YamlMap { { "memory", s.Memory }, { "nvidia.com/gpu", gpus } } },
        };
    }

    private static YamlMap Metadata(KserveOptions s, string name) => new() { { "name", name }, { "namespace", s.Namespace }, { "labels", Selector(name) } };

    private static YamlMap PodMetadata(string name) => new()
    {
        { "labels", Selector(name) },
        {
            "annotations", new YamlMap
            {
                { "prometheus.io/scrape", "true" },
                { "prometheus.io/path", "/metrics" },
                { "prometheus.io/port", Port.ToString(CultureInfo.InvariantCulture) },
            }
        },
    };

    private static YamlMap Selector(string name) => new() { { "app.kubernetes.io/name", name } };
}
