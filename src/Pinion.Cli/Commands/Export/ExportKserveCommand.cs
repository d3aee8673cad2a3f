using System.CommandLine;
using Pinion.Triton;

namespace Pinion.Cli;

/// <summary><c>pinion export kserve</c>: manifests for a cluster.</summary>
internal static class ExportKserveCommand
{
    /// <summary>What the library's options are called on the command line.</summary>
    private static readonly Dictionary<string, string> OptionNames = new()
    {
        [nameof(KserveOptions.Name)] = "NAME",
        [nameof(KserveOptions.Namespace)] = "--namespace",
        [nameof(KserveOptions.Image)] = "--image",
        [nameof(KserveOptions.Repository)] = "--repository",
        [nameof(KserveOptions.Gpus)] = "--gpus",
        [nameof(KserveOptions.Replicas)] = "--replicas",
        [nameof(KserveOptions.Cpu)] = "--cpu",
        [nameof(KserveOptions.Memory)] = "--memory",
        [nameof(KserveOptions.ShutdownSeconds)] = "--shutdown-limit",
        [nameof(KserveOptions.ApiKeySecret)] = "--api-key-secret",
    };

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
                var options = new KserveOptions
                {
                    Name = result.GetRequiredValue(name),
                    Namespace = result.GetValue(space),
                    Image = result.GetValue(image)!,
                    Repository = result.GetValue(repository),
                    Gpus = result.GetValue(gpus),
                    Replicas = result.GetValue(replicas),
                    Cpu = result.GetValue(cpu)!,
                    Memory = result.GetValue(memory)!,
                    ShutdownSeconds = result.GetValue(shutdown),
                    ApiKeySecret = result.GetValue(secret),
                };
                return Run(context.Terminal, options, result.GetRequiredValue(output), result.GetValue(force));
            });
        return command;
    }

    private static int Run(Terminal terminal, KserveOptions options, string folder, bool force)
    {
        IReadOnlyList<string> files = Write(folder, options, force);
        var notes = new List<string>();
        if (options.Repository is null)
        {
            notes.Add($"{KserveManifests.InferenceServiceFile} is not written: KServe fetches the repository, and --repository names none.");
        }
        else if (options.Gpus == 0)
        {
            notes.Add($"{KserveManifests.InferenceServiceFile} is not written: Triton runs plans on GPUs alone, and --gpus is 0.");
        }

        if (!options.IsClaim)
        {
            notes.Add($"{KserveManifests.DeploymentFile} mounts no models: pinion serve reads folders, so the image must hold the repository at /models. A claim, pvc://CLAIM/PATH, is mounted.");
        }

        foreach (string note in notes)
        {
            terminal.Note(note);
        }

        if (terminal.Json)
        {
            JsonOutput.Print(new ExportKserveDocument(options.Name, files, notes), JsonForms.Default.ExportKserveDocument);
            return ExitCode.Done;
        }

        foreach (string path in files)
        {
            string what = path.EndsWith(KserveManifests.DeploymentFile, StringComparison.Ordinal)
                ? $"Deployment, Service and PodDisruptionBudget {KserveManifests.DeploymentName(options)}"
                : $"InferenceService {options.Name}";
            terminal.Say($"{path}: {what}");
        }

        return ExitCode.Done;
    }

    private static IReadOnlyList<string> Write(string folder, KserveOptions options, bool force)
    {
        if (folder.Length == 0)
        {
            throw new UsageException("-o is empty; give it the name of a folder.");
        }

        try
        {
            return KserveManifests.Write(folder, options, force);
        }
        catch (ExportOptionException e)
        {
            throw new UsageException($"{OptionNames[e.Option]} {e.Problem}");
        }
        catch (ExportException e)
        {
            throw new WorkException(e.Refusal == ExportRefusal.Exists ? $"{e.Message.TrimEnd('.')}: --force replaces it." : e.Message, e);
        }
    }
}
