using System.Reflection;
using System.Text.RegularExpressions;

namespace Pinion.Triton.Tests;

/// <summary>The manifests are for the image that the Dockerfile builds.</summary>
public sealed class ImageTests
{
    private static readonly string Dockerfile = File.ReadAllText(Path.Combine(
        typeof(ImageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!, "Dockerfile"));

    private static readonly string Manifest = Yaml.Write(KserveManifests.Deployment(new KserveOptions { Name = "m", Image = "pinion" }));

    [Test]
    public void The_user_is_the_images()
    {
        string user = Regex.Match(Dockerfile, @"(?m)^USER (\d+):\1$").Groups[1].Value;
        Assert.That(Manifest, Does.Contain($"runAsUser: {user}\n").And.Contain($"runAsGroup: {user}\n"));
        Assert.That(user, Is.Not.EqualTo("0"));
    }

    [Test]
    public void The_arguments_follow_the_entry_point()
    {
        Assert.That(Dockerfile, Does.Match(@"(?m)^ENTRYPOINT \[""pinion"", ""serve""\]$"));
        string[] command = [.. Regex.Matches(Regex.Match(Dockerfile, @"(?m)^CMD \[(.*)\]$").Groups[1].Value, "\"([^\"]*)\"").Select(m => m.Groups[1].Value)];
        string[] args = [.. Regex.Match(Manifest, @"args:\n((?:\s+- .*\n)+)").Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(a => a.Trim().TrimStart('-').Trim().Trim('"'))];
        Assert.That(args.Take(command.Length), Is.EqualTo(command));
        Assert.That(Dockerfile, Does.Contain($"EXPOSE {command[^1]}\n"));
        Assert.That(Manifest, Does.Contain($"containerPort: {command[^1]}\n"));
    }

    [Test]
    public void No_image_names_a_host() => Assert.That(Dockerfile, Does.Not.Match(@"(?m)^(FROM|ARG \w+_IMAGE=)\s*[^\s/]+\.[^\s/]+/"));
}
