using System.IO.Compression;
using System.Text.RegularExpressions;

namespace Pinion.Packaging.Tests;

/// <summary>The README's quick start, word for word, in a new console project that has nothing but our packages.</summary>
public sealed class PackageTests
{
    private static readonly string[] Libraries =
        ["Pinion", "Pinion.Onnx", "Pinion.Zoo", "Pinion.Vision", "Pinion.Benchmarking", "Pinion.Fp16", "Pinion.Hosting", "Pinion.Triton", "Pinion.Serving"];

    private Workspace _workspace = null!;
    private string _packages = null!;

    [OneTimeSetUp]
    public void Pack()
    {
        _workspace = new Workspace();
        _packages = Path.Combine(_workspace.Folder, "packages");
        string root = Workspace.RepositoryRoot;
        foreach (string library in Libraries)
        {
            Workspace.Run(root, "dotnet", ["pack", $"src/{library}", "-c", "Release", "-o", _packages, "-v", "quiet", "--nologo"]);
        }

        Workspace.Run(
            root,
            "dotnet",
            ["pack", "src/Pinion.Runtime", "-c", "Release", "-o", _packages, "-v", "quiet", "--nologo", "-p:PinionSdk=host", $"-p:PinionRid={Workspace.Rid}"]);
    }

    [OneTimeTearDown]
    public void Clean() => _workspace.Dispose();

    [Test]
    public void Managed_package_holds_both_assemblies_and_no_native_library()
    {
        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(_packages, "Pinion.0*.nupkg").Single());
        string[] names = [.. package.Entries.Select(e => e.FullName)];
        Assert.Multiple(() =>
        {
            Assert.That(names, Does.Contain("lib/net10.0/Pinion.dll"));
            Assert.That(names, Does.Contain("lib/net10.0/Pinion.Bindings.dll"));
            Assert.That(names, Does.Contain("lib/net10.0/Pinion.xml"));
            Assert.That(names.Where(n => n.StartsWith("runtimes/", StringComparison.Ordinal)), Is.Empty);
        });
    }

    [Test]
    public void Benchmarking_package_holds_its_library_and_asks_for_no_terminal()
    {
        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(_packages, "Pinion.Benchmarking.0*.nupkg").Single());
        using var reader = new StreamReader(package.GetEntry("Pinion.Benchmarking.nuspec")!.Open());
        string description = reader.ReadToEnd();
        Assert.Multiple(() =>
        {
            Assert.That(package.Entries.Select(e => e.FullName), Does.Contain("lib/net10.0/Pinion.Benchmarking.dll").And.Contain("lib/net10.0/Pinion.Benchmarking.xml"));
            Assert.That(description, Does.Contain("<dependency id=\"Pinion\""));
            Assert.That(description, Does.Not.Contain("Spectre.Console").And.Not.Contain("System.CommandLine"));
        });
    }

    [TestCase("Pinion.Onnx", "Google.Protobuf", "System.Numerics.Tensors")]
    [TestCase("Pinion.Fp16", "Pinion", "Pinion.Onnx")]
    [TestCase("Pinion.Vision", "Pinion.Onnx", "Pinion.Zoo", "SkiaSharp", "SkiaSharp.NativeAssets.Linux.NoDependencies", "YamlDotNet")]
    [TestCase("Pinion.Triton", "Pinion", "Pinion.Hosting")]
    [TestCase("Pinion.Benchmarking", "Pinion", "Pinion.Onnx")]
    [TestCase("Pinion.Serving", "Pinion.Hosting")]
    public void Libraries_depend_on_no_more_than_their_layer(string id, params string[] dependencies)
    {
        using ZipArchive package = Open(id);
        Assert.That(package.Entries.Select(e => e.FullName), Does.Contain($"lib/net10.0/{id}.dll").And.Contain($"lib/net10.0/{id}.xml"));
        Assert.That(Regex.Matches(Description(package), "<dependency id=\"([^\"]+)\"").Select(m => m.Groups[1].Value), Is.EquivalentTo(dependencies));
    }

    [Test]
    public void Every_package_has_a_readme_and_a_licence()
    {
        string[] packages = Directory.GetFiles(_packages, "*.nupkg");
        Assert.That(packages, Has.Length.EqualTo(Libraries.Length + 1));
        Assert.Multiple(() =>
        {
            foreach (string file in packages)
            {
                using ZipArchive package = ZipFile.OpenRead(file);
                Assert.That(Description(package), Does.Contain("<readme>README.md</readme>").And.Contain("<license type=\"expression\">MIT</license>"), file);
                Assert.That(package.GetEntry("README.md")?.Length, Is.GreaterThan(100), file);
            }
        });
    }

    [Test]
    public void Every_library_that_is_a_package_is_packed_here()
    {
        string source = Path.Combine(Workspace.RepositoryRoot, "src");
        IEnumerable<string> packable = Directory.GetFiles(source, "*.csproj", SearchOption.AllDirectories)
            .Where(p => File.ReadAllText(p).Contains("<IsPackable>true", StringComparison.Ordinal)).Select(p => Path.GetFileNameWithoutExtension(p));
        Assert.That(packable, Is.EquivalentTo(Libraries.Append("Pinion.Runtime")));
    }

    [Test]
    public void Symbol_package_holds_the_symbols_of_both_assemblies()
    {
        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(_packages, "Pinion.0*.snupkg").Single());
        string[] names = [.. package.Entries.Select(e => e.FullName)];
        Assert.That(names, Does.Contain("lib/net10.0/Pinion.pdb").And.Contain("lib/net10.0/Pinion.Bindings.pdb"));
    }

    [Test]
    public void Runtime_package_holds_the_native_library_of_its_platform_and_depends_on_ONNX_Runtime()
    {
        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(_packages, "Pinion.Runtime.host.*.nupkg").Single());
        string[] names = [.. package.Entries.Select(e => e.FullName).Where(n => n.StartsWith($"runtimes/{Workspace.Rid}/native/", StringComparison.Ordinal))];
        Assert.That(names, Has.Length.EqualTo(2).And.Some.Contains("pinion_host").And.Some.Contains("pinion-builder"));
        using var nuspec = new StreamReader(package.Entries.Single(e => e.Name.EndsWith(".nuspec", StringComparison.Ordinal)).Open());
        Assert.That(nuspec.ReadToEnd(), Does.Match("""<dependency id="Microsoft.ML.OnnxRuntime" version="\d"""));
    }

    [Test]
    public void Quick_start_of_the_readme_runs_from_the_packages()
    {
        string models = Environment.GetEnvironmentVariable("PINION_TEST_MODELS") ?? "";
        string model = Path.Combine(models, "ch_PP-OCRv4_rec_infer.onnx");
        if (!File.Exists(model))
        {
            Assert.Ignore($"PINION_TEST_MODELS='{models}' has no ch_PP-OCRv4_rec_infer.onnx; ./build.sh test fetches it.");
        }

        MakeProject("Pinion", $"Pinion.Runtime.host.{Workspace.Rid}");
        const string Options = "var options = new EngineBuildOptions { Profiles = [OptimizationProfile.Parse(\"x:1x3x48x320\")] };\n";
        _workspace.Write("Program.cs", Readme.Snippet("quick start") + Options + Readme.Snippet("isolated build") + "Console.WriteLine($\"isolated: {isolated.SizeBytes > 0}\");");
        File.Copy(model, Path.Combine(_workspace.Folder, "rec.onnx"));

        string output = _workspace.Run("dotnet", "run", "-c", "Release");
        Assert.That(output, Does.Match(new Regex(@"1x40x6625")).And.Contain("isolated: True"), output);
    }

    [Test]
    public void An_application_without_a_native_package_is_told_which_to_add()
    {
        MakeProject("Pinion");
        _workspace.Write("Program.cs", "System.Console.WriteLine(Pinion.PinionRuntime.UnsupportedReason);");

        string output = _workspace.Run("dotnet", "run", "-c", "Release");

        Assert.That(output.Split('\n')[0], Does.Contain($"add the package Pinion.Runtime.host.{Workspace.Rid}"));
    }

    [Test]
    public void ONNX_Runtime_is_found_where_the_application_runs_from_the_packages_folders()
    {
        MakeProject("Pinion", "Pinion.Onnx", $"Pinion.Runtime.host.{Workspace.Rid}");
        _workspace.Write("Program.cs", """
            using Pinion;
            using Pinion.Onnx;

            OnnxModel model = new OnnxModel().Input("x", OnnxType.Float32, 1, 4).Output("y", OnnxType.Float32, 1, 4).Node("Identity", ["x"], ["y"]);
            using Plan plan = EngineBuilder.Build(model.ToBytes());
            using Engine engine = Engine.Load(plan);
            using Session session = engine.CreateSession();
            session.Run();
            (await EngineBuilder.BuildIsolatedAsync(model.ToBytes().AsMemory())).Plan.Dispose();
            Console.WriteLine(PinionRuntime.Info.LibraryPath);
            """);

        string output = _workspace.Run("dotnet", "run", "-c", "Release", "-p:CopyLocalLockFileAssemblies=false", "-p:GenerateRuntimeConfigDevFile=true");

        Assert.That(output, Does.Contain(Path.Combine(_workspace.Folder, "cache")).And.Contain("pinion_host"));
    }

    private static string Description(ZipArchive package)
    {
        using var reader = new StreamReader(package.Entries.Single(e => e.Name.EndsWith(".nuspec", StringComparison.Ordinal)).Open());
        return reader.ReadToEnd();
    }

    private ZipArchive Open(string id) => ZipFile.OpenRead(Path.Combine(_packages, $"{id}.0.1.0.nupkg"));

    /// <summary>A new console project that has these packages.</summary>
    private void MakeProject(params string[] packages)
    {
        string project = Path.Combine(_workspace.Folder, "obj");
        if (Directory.Exists(project))
        {
            Directory.Delete(project, recursive: true);
            Directory.Delete(Path.Combine(_workspace.Folder, "bin"), recursive: true);
        }

        // The new project lies outside the repository, so none of the repository's MSBuild files apply to it. What the
        // packages depend on comes from where this machine's NuGet keeps it; never Pinion, which may lie there from another day.
        string kept = Workspace.Run(Workspace.RepositoryRoot, "dotnet", ["nuget", "locals", "global-packages", "--list"]).Split(": ")[^1].Trim();
        _workspace.Write("NuGet.config", $"""
            <configuration>
              <packageSources><clear /><add key="pinion-local" value="{_packages}" /><add key="kept" value="{kept}" /></packageSources>
              <packageSourceMapping>
                <packageSource key="pinion-local"><package pattern="Pinion*" /></packageSource>
                <packageSource key="kept"><package pattern="*" /></packageSource>
              </packageSourceMapping>
              <config><add key="globalPackagesFolder" value="{Path.Combine(_workspace.Folder, "cache")}" /></config>
            </configuration>
            """);
        _workspace.Write("Quickstart.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
                {string.Concat(packages.Select(p => $"<PackageReference Include=\"{p}\" Version=\"0.1.0\" />"))}
              </ItemGroup>
            </Project>
            """);
    }
}
