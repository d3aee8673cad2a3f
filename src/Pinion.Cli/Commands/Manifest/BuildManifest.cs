using System.Globalization;
using System.Text.Json;

namespace Pinion.Cli;

/// <summary>One build of a manifest.</summary>
/// <param name="Model">The model as the manifest names it.</param>
/// <param name="Path">Its file, or zoo:NAME.</param>
/// <param name="Output">A file to write the plan to as well; null: none.</param>
/// <param name="Options">How to build.</param>
/// <param name="Line">Where it begins.</param>
internal sealed record ManifestBuild(string Model, string Path, string? Output, EngineBuildOptions Options, int Line);

/// <summary>What <c>pinion build --manifest</c> builds, as a JSON file says it. Relative paths count from its folder.</summary>
/// <param name="Cache">Where the plans are kept; null where the file names none.</param>
/// <param name="Builds">In the order of the file.</param>
internal sealed record BuildManifest(string? Cache, IReadOnlyList<ManifestBuild> Builds)
{
    private const string CacheKey = "cache";
    private const string DefaultsKey = "defaults";
    private const string BuildsKey = "builds";
    private const string ModelKey = "model";
    private const string OutputKey = "output";

    // More is no manifest.
    private const long MaxBytes = 16 << 20;

    private static readonly string[] OptionKeys = [.. BuildOptionText.All.Select(n => JsonNamingPolicy.CamelCase.ConvertName(n))];

    /// <exception cref="WorkException">The file cannot be read.</exception>
    /// <exception cref="UsageException">It is no manifest; the message has every problem with its line.</exception>
    public static BuildManifest Read(string path)
    {
        Files.RequireFile(path);
        ManifestNode root;
        try
        {
            root = ManifestNode.Parse(ReadBytes(path));
        }
        catch (JsonException e)
        {
            string line = e.LineNumber is { } number ? string.Create(CultureInfo.InvariantCulture, $":{number + 1}") : "";
            throw new UsageException($"{path}{line}: this is no JSON: {e.Message.Split(" LineNumber:")[0]}", e);
        }

        var reader = new Reader(path);
        BuildManifest manifest = reader.Read(root);
        return reader.Problems.Count == 0 ? manifest : throw new UsageException(string.Join('\n', reader.Problems.OrderBy(p => p.Line).Select(p => $"{path}:{p.Line}: {p.Text}")));
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            return new FileInfo(path).Length <= MaxBytes ? File.ReadAllBytes(path) : throw new UsageException($"{path} has more than {MaxBytes >> 20} MiB; a manifest is a short JSON file.");
        }
        catch (Exception e) when (AtomicFile.IsWriteError(e))
        {
            throw new WorkException($"{path} cannot be read: {AtomicFile.Reason(e)}.", e);
        }
    }

    private sealed class Reader(string path)
    {
        private readonly string _folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;

        public List<(int Line, string Text)> Problems { get; } = [];

        public BuildManifest Read(ManifestNode root)
        {
            Dictionary<string, ManifestNode> members = Members(root, "A manifest", [CacheKey, DefaultsKey, BuildsKey]);
            string? cache = members.TryGetValue(CacheKey, out ManifestNode? folder) ? Text(folder, CacheKey) : null;
            EngineBuildOptions defaults = members.TryGetValue(DefaultsKey, out ManifestNode? common) ? Options(new EngineBuildOptions(), Members(common, DefaultsKey, OptionKeys)) : new EngineBuildOptions();
            var builds = new List<ManifestBuild>();
            if (!members.TryGetValue(BuildsKey, out ManifestNode? list) || !list.IsArray || list.Items.Count == 0)
            {
                Problems.Add((list?.Line ?? root.Line, $"there is nothing to build: give {BuildsKey}, a list such as [ {{ \"model\": \"rec.onnx\", \"precision\": \"fp16\" }} ]."));
                return new BuildManifest(null, []);
            }

            foreach (ManifestNode item in list.Items)
            {
                if (Build(item, defaults) is { } build)
                {
                    builds.Add(build);
                }
            }

            foreach (IGrouping<string, ManifestBuild> same in builds.Where(b => b.Output is not null).GroupBy(b => b.Output!, StringComparer.Ordinal).Where(g => g.Count() > 1))
            {
                Problems.Add((same.Last().Line, $"output '{same.Key}' is that of line {same.First().Line} as well; give each build its own."));
            }

            return new BuildManifest(cache is null ? null : At(cache), builds);
        }

        private ManifestBuild? Build(ManifestNode item, EngineBuildOptions defaults)
        {
            Dictionary<string, ManifestNode> members = Members(item, "a build", [ModelKey, OutputKey, .. OptionKeys]);
            string? model = members.Remove(ModelKey, out ManifestNode? name) ? Text(name, ModelKey) : null;
            string? output = members.Remove(OutputKey, out ManifestNode? file) ? Text(file, OutputKey) : null;
            EngineBuildOptions options = Options(defaults, members);
            if (item.IsObject && name is null)
            {
                Problems.Add((item.Line, "a build has no model; give \"model\": \"FILE.onnx\" or \"zoo:NAME\"."));
            }

            foreach (ArgumentException problem in options.FindProblems())
            {
                string value = problem is ArgumentOutOfRangeException { ActualValue: { } actual } ? $"{JsonNamingPolicy.CamelCase.ConvertName(problem.ParamName!)} is {actual}: " : "";
                Problems.Add((item.Line, $"{value}{ErrorReport.WithoutParameter(problem)}"));
            }

            return model is null ? null : new ManifestBuild(model, ModelFile.IsZoo(model) ? model : At(model), output is null ? null : At(output), WithFolder(options), item.Line);
        }

        private EngineBuildOptions Options(EngineBuildOptions options, Dictionary<string, ManifestNode> members)
        {
            foreach ((string key, ManifestNode value) in members)
            {
                string name = BuildOptionText.Find(key)!;
                bool isList = BuildOptionText.IsList(name);
                if (value.IsObject || value.IsArray != isList || value.Items.Any(i => i.IsObject || i.IsArray))
                {
                    Problems.Add((value.Line, $"{key} is {value.Form}; it must be {BuildOptionText.Form(name)}."));
                    continue;
                }

                if (value.IsNull || value.Items.Any(i => i.IsNull))
                {
                    Problems.Add((value.Line, $"{key} is null; leave it out for its default."));
                    continue;
                }

                string[] texts = isList ? [.. value.Items.Select(i => i.Text)] : [value.Text];
                if (BuildOptionText.Set(ref options, name, texts) is { } problem)
                {
                    Problems.Add((value.Line, $"{key} is {string.Join(", ", texts.Select(t => $"'{t}'"))}; {problem}"));
                }
            }

            return options;
        }

        /// <summary>The members that are known, each once; of the others it is said what they may have been meant for.</summary>
        private Dictionary<string, ManifestNode> Members(ManifestNode node, string what, string[] keys)
        {
            var members = new Dictionary<string, ManifestNode>(StringComparer.Ordinal);
            if (!node.IsObject)
            {
                Problems.Add((node.Line, $"{what} is {node.Form}; it must be an object."));
            }

            foreach ((string name, int line, ManifestNode value) in node.Members)
            {
                if (!keys.Contains(name, StringComparer.Ordinal))
                {
                    Problems.Add((line, $"there is no key '{name}' here. {NearestName.Hint(name, keys)}"));
                }
                else if (!members.TryAdd(name, value))
                {
                    Problems.Add((line, $"{name} is given twice; leave one out."));
                }
            }

            return members;
        }

        private string? Text(ManifestNode node, string key)
        {
            if (node.IsString && node.Text.Length > 0)
            {
                return node.Text;
            }

            Problems.Add((node.Line, $"{key} is {node.Form}; it must be a text that is not empty."));
            return null;
        }

        private EngineBuildOptions WithFolder(EngineBuildOptions options) => options with
        {
            TimingCachePath = options.TimingCachePath is { } cache ? At(cache) : null,
            PluginLibraries = [.. options.PluginLibraries.Select(At)],
        };

        private string At(string file) => System.IO.Path.GetFullPath(file, _folder);
    }
}
