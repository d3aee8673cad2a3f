using System.CommandLine;
using System.Text;
using System.Text.RegularExpressions;

namespace Pinion.Cli.Commands.Export;

/// <summary><c>pinion export kserve</c>: manifests for a cluster.</summary>
internal static partial class ExportKserveCommand
{
    private const string InferenceServiceFile = "inferenceservice.yaml";
    private const string DeploymentFile = "deployment.yaml";

    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The service's name: lower-case letters, digits and dashes, at most 53, the first a letter." };
        var output = new Option<string>("--output", "-o") { Description = "The folder to write to; made if missing.", HelpName = "DIR", Required = true };
        var image = new Option<string>("--image") { Description = "The image of pinion serve, as the Dockerfile builds it.", HelpName = "IMAGE", DefaultValueFactory = _ => $"pinion:{VersionConstant.Text}" };
        var repository = new Option<string>("--repository")
        {
            Description = "Where the model repository is: pvc://CLAIM/PATH for both servers, s3://, gs:// and others that KServe reads for Triton alone (default: in the image, at /models).",
            HelpName = "URI",
        };
        var gpus = new Option<int>("--gpus") { Description = "GPUs of each replica; 0 to compute on the CPU.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var replicas = new Option<int>("--replicas") { Description = "Replicas.", HelpName = "N", DefaultValueFactory = _ => 2 };
        var cpu = new Option<string>("--cpu") { Description = "CPUs that a replica asks for.", HelpName = "N", DefaultValueFactory = _ => "2" };
        var memory = new Option<string>("--memory") { Description = "Memory that a replica asks for and is held to.", HelpName = "SIZE", DefaultValueFactory = _ => "4Gi" };
        var shutdown = new Option<int>("--shutdown-limit") { Description = "Seconds that accepted requests have to finish.", HelpName = "S", DefaultValueFactory = _ => 30 };
        var secret = new Option<string>("--api-key-secret") { Description = "A secret whose entry 'key' is the API key that pinion serve asks for.", HelpName = "SECRET" };
        var space = new Option<string>("--namespace") { Description = "The namespace (default: the one that kubectl has).", HelpName = "NAME" };
        var force = new Option<bool>("--force") { Description = "Replace files that exist." };
        var command = new Command("kserve", "Write KServe's InferenceService and a plain Kubernetes deployment of pinion serve.") { name };
        foreach (Option option in (ReadOnlySpan<Option>)[output, image, repository, gpus, replicas, cpu, memory, shutdown, secret, space, force])
        {
            command.Add(option);
        }
        command.Complete(
            [
                "pinion export kserve rec -o k8s --repository pvc://models/repo",
                "pinion export kserve rec -o k8s --repository s3://bucket/models --image example/pinion:1 --gpus 1 --replicas 3",
            ],
            (result, context) =>
            {
                var settings = new KserveSettings
                {
                    Name = Matching(result.GetRequiredValue(name), ServiceName(), "NAME", "lower-case letters, digits and dashes, at most 53, the first a letter, the last no dash"),
                    Namespace = result.GetValue(space) is { } n ? Matching(n, Label(), "--namespace", "lower-case letters, digits and dashes, at most 63") : null,
                    Image = Matching(result.GetValue(image)!, Image(), "--image", "a name with an optional tag or digest, such as pinion:1.0"),
                    Repository = result.GetValue(repository) is { } uri ? CheckUri(uri) : null,
                    Gpus = InRange(result.GetValue(gpus), 0, 64, "--gpus"),
                    Replicas = InRange(result.GetValue(replicas), 1, 10_000, "--replicas"),
                    Cpu = Matching(result.GetValue(cpu)!, Quantity(), "--cpu", "a quantity such as 2 or 500m"),
                    Memory = Matching(result.GetValue(memory)!, Quantity(), "--memory", "a quantity such as 4Gi"),
                    ShutdownSeconds = InRange(result.GetValue(shutdown), 0, 86_400, "--shutdown-limit"),
                    ApiKeySecret = result.GetValue(secret) is { } s ? Matching(s, Subdomain(), "--api-key-secret", "lower-case letters, digits, dashes and dots") : null,
                };
                return Run(context.Terminal, settings, result.GetRequiredValue(output), result.GetValue(force));
            });
        return command;
    }

    private static int Run(Terminal terminal, KserveSettings settings, string folder, bool force)
    {
        var notes = new List<string>();
        var files = new List<(string Path, string Text)>();
        if (settings.Repository is null)
        {
            notes.Add($"{InferenceServiceFile} is not written: KServe fetches the repository, and --repository names none.");
        }
        else if (settings.Gpus == 0)
        {
            notes.Add($"{InferenceServiceFile} is not written: Triton runs plans on GPUs alone, and --gpus is 0.");
        }
        else
        {
            files.Add((Path.Combine(folder, InferenceServiceFile), Yaml.Write(KserveManifests.InferenceService(settings))));
        }
        if (settings.Repository is not { } uri || !KserveManifests.IsClaim(uri))
        {
            notes.Add($"{DeploymentFile} mounts no models: pinion serve reads folders, so the image must hold the repository at /models. A claim, pvc://CLAIM/PATH, is mounted.");
        }
        files.Add((Path.Combine(folder, DeploymentFile), Yaml.Write(KserveManifests.Deployment(settings))));
        Write(folder, files, force);
        foreach (string note in notes)
        {
            terminal.Note(note);
        }
        if (terminal.Json)
        {
            JsonOutput.Print(new ExportKserveDocument(settings.Name, [.. files.Select(f => f.Path)], notes), JsonForms.Default.ExportKserveDocument);
            return ExitCode.Done;
        }
        foreach ((string path, _) in files)
        {
            string what = path.EndsWith(DeploymentFile, StringComparison.Ordinal) ? $"Deployment, Service and PodDisruptionBudget {KserveManifests.DeploymentName(settings)}" : $"InferenceService {settings.Name}";
            terminal.Say($"{path}: {what}");
        }
        return ExitCode.Done;
    }

    private static void Write(string folder, List<(string Path, string Text)> files, bool force)
    {
        if (folder.Length == 0)
        {
            throw new UsageException("-o is empty; give it the name of a folder.");
        }
        if (files.FirstOrDefault(f => File.Exists(f.Path)).Path is { } existing && !force)
        {
            throw new WorkException($"{existing} exists: --force replaces it.");
        }
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WorkException($"the folder {folder} cannot be made: {AtomicFile.Reason(e)}.", e);
        }
        foreach ((string path, string text) in files)
        {
            OutputFile.Write(path, Encoding.UTF8.GetBytes(text));
        }
    }

    private static string CheckUri(string uri)
    {
        Matching(uri, Uri(), "--repository", "a URI without spaces, such as pvc://CLAIM/PATH or s3://BUCKET/PATH");
        if (KserveManifests.IsClaim(uri) && (!Claim().IsMatch(uri) || uri.Split('/').Contains("..")))
        {
            throw new UsageException($"--repository '{uri}' must be pvc://CLAIM/PATH, CLAIM of lower-case letters, digits, dashes and dots, PATH within the claim.");
        }
        return uri;
    }

    private static string Matching(string text, Regex pattern, string option, string form) =>
        pattern.IsMatch(text) ? text : throw new UsageException($"{option} '{text}' must be {form}.");

    private static int InRange(int value, int min, int max, string option) =>
        value >= min && value <= max ? value : throw new UsageException($"{option} {value} is out of range; {min} to {max} is possible.");

    // With -predictor behind it, a label of 63.
    [GeneratedRegex("^[a-z]([-a-z0-9]{0,51}[a-z0-9])?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex ServiceName();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Label();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Subdomain();

    [GeneratedRegex("^[a-zA-Z0-9][a-zA-Z0-9._/:@-]{0,511}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Image();

    [GeneratedRegex("^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Quantity();

    [GeneratedRegex("^[a-z][a-z0-9+.-]*://[^\\s\\p{C}]+\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Uri();

    [GeneratedRegex("^pvc://[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?(/[^\\s]*)?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Claim();
}
