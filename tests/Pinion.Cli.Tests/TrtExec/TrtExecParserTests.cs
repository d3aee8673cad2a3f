namespace Pinion.Cli.Tests;

public sealed class TrtExecParserTests
{
    [Test]
    public void Defaults_are_trtexecs()
    {
        TrtExecOptions o = Parse();
        Assert.That(o.Bench.Measure, Is.EqualTo(new MeasureOptions { WarmUpMs = 200, DurationSeconds = 3, Iterations = 10, IdleMs = 0 }));
        Assert.That((o.Bench.Sessions, o.Bench.Session.UseGraph, o.Bench.Session.WaitMode, o.Bench.Session.SkipTransfers), Is.EqualTo((1, false, WaitMode.Block, false)));
        Assert.That((o.AvgRuns, o.Build.AllowTf32, o.Build.Raw, o.Build.Precision), Is.EqualTo((10, true, false, Precision.Fp32)));
        Assert.That(o.Percentiles, Is.EqualTo([90.0, 95.0, 99.0]));
        Assert.That(o.Notes, Is.Empty);
    }

    [TestCase("8.0.3", false)]
    [TestCase("10.16.0", false)]
    [TestCase("11.0.0", true)]
    [TestCase("1.6.1", true)]
    public void Later_releases_measure_the_device_alone(string release, bool alone)
    {
        SessionOptions session = TrtExecParser.Parse(["--onnx=m.onnx"]).WithDefaultsOf(Version.Parse(release)).Bench.Session;
        Assert.That((session.UseGraph, session.WaitMode == WaitMode.Spin, session.SkipTransfers), Is.EqualTo((alone, alone, alone)));
        SessionOptions asked = TrtExecParser.Parse(["--onnx=m.onnx", "--noCudaGraph", "--noSpinWait", "--includeDataTransfers"]).WithDefaultsOf(Version.Parse(release)).Bench.Session;
        Assert.That((asked.UseGraph, asked.WaitMode, asked.SkipTransfers), Is.EqualTo((false, WaitMode.Block, false)));
    }

    /// <summary>Each flag and the one thing that it changes.</summary>
    private static IEnumerable<TestCaseData> Mapped()
    {
        yield return Case("--fp16", o => o.Build.Precision, Precision.Fp16);
        yield return Case("--best", o => o.Build.Precision, Precision.Fp16);
        yield return Case("--noTF32", o => o.Build.AllowTf32, false);
        yield return Case("--workspace=64", o => o.Build.WorkspaceBytes, 64L << 20);
        yield return Case("--memPoolSize=workspace:64", o => o.Build.WorkspaceBytes, 64L << 20);
        yield return Case("--memPoolSize=workspace:0.25MiB", o => o.Build.WorkspaceBytes, 256L << 10);
        yield return Case("--memPoolSize=workspace:1G", o => o.Build.WorkspaceBytes, 1L << 30);
        yield return Case("--memPoolSize=workspace:512K", o => o.Build.WorkspaceBytes, 512L << 10);
        yield return Case("--memPoolSize=workspace:4096B", o => o.Build.WorkspaceBytes, 4096L);
        yield return Case("--memPoolSize=dlaSRAM:1,workspace:2", o => o.Build.WorkspaceBytes, 2L << 20);
        yield return Case("--timingCacheFile=t.cache", o => o.Build.TimingCachePath, "t.cache");
        yield return Case("--builderOptimizationLevel=5", o => o.Build.OptimizationLevel, 5);
        yield return Case("--avgTiming=3", o => o.Build.TimingIterations, 3);
        yield return Case("--noTF32", o => o.Build.TimingIterations, 8);
        yield return Case("--precisionConstraints=prefer", o => o.Build.PrecisionConstraints, PrecisionConstraints.Prefer);
        yield return Case("--layerPrecisions=*:fp16,a/b:fp32", o => string.Join(' ', o.Build.LayerPrecisions.Select(l => $"{l.Layer}={l.Precision}")), "*=Fp16 a/b=Fp32");
        yield return Case("--tacticSources=-CUDNN,+CUBLAS", o => o.TacticChanges, "-CUDNN,+CUBLAS");
        yield return Case("--profilingVerbosity=detailed", o => o.Build.ProfilingVerbosity, ProfilingVerbosity.Detailed);
        yield return Case("--profilingVerbosity=layer_names_only", o => o.Build.ProfilingVerbosity, ProfilingVerbosity.LayerNames);
        yield return Case("--nvtxMode=verbose", o => o.Build.ProfilingVerbosity, ProfilingVerbosity.Detailed);
        yield return Case("--versionCompatible", o => o.Build.VersionCompatible, true);
        yield return Case("--vc", o => o.Build.VersionCompatible, true);
        yield return Case("--stronglyTyped", o => o.Build.StronglyTyped, true);
        yield return Case("--hardwareCompatibilityLevel=ampere+", o => o.Build.HardwareCompatibility, HardwareCompatibility.AmperePlus);
        yield return Case("--plugins=a.so", o => string.Join(' ', o.Build.PluginLibraries), "a.so");
        yield return Case("--staticPlugins=a.so", o => string.Join(' ', o.Build.PluginLibraries), "a.so");
        yield return Case("--dynamicPlugins=a.so", o => string.Join(' ', o.Build.PluginLibraries), "a.so");
        yield return Case("--device=1", o => o.Build.Device, 1);
        yield return Case("-d=1", o => o.Build.Device, 1);
        yield return Case("--saveEngine=m.engine", o => o.SaveEngine, "m.engine");
        yield return Case("--saveEngine=m.engine", o => o.Build.Raw, true);
        yield return Case("--infStreams=4", o => o.Build.ProfileCopies, 4);
        yield return Case("--buildOnly", o => o.SkipInference, true);
        yield return Case("--skipInference", o => o.SkipInference, true);
        yield return Case("--verbose", o => o.Verbose, true);
        yield return Case("-v", o => o.Verbose, true);
        yield return Case("--shapes=x:1x3,y:2", o => string.Join(' ', o.Shapes.Select(s => $"{s.Name}:{s.Shape}")), "x:1x3 y:2");
        yield return Case("--useProfile=2", o => o.UseProfile, 2);
        yield return Case("--warmUp=500", o => o.Bench.Measure.WarmUpMs, 500.0);
        yield return Case("--duration=10", o => o.Bench.Measure.DurationSeconds, 10.0);
        yield return Case("--duration=-1", o => o.Bench.Measure.DurationSeconds, -1.0);
        yield return Case("--iterations=100", o => o.Bench.Measure.Iterations, 100);
        yield return Case("--idleTime=2.5", o => o.Bench.Measure.IdleMs, 3);
        yield return Case("--streams=4", o => o.Bench.Sessions, 4);
        yield return Case("--infStreams=4", o => o.Bench.Sessions, 4);
        yield return Case("--useCudaGraph", o => o.Bench.Session.UseGraph, true);
        yield return Case("--noCudaGraph", o => o.Bench.Session.UseGraph, false);
        yield return Case("--useSpinWait", o => o.Bench.Session.WaitMode, WaitMode.Spin);
        yield return Case("--noSpinWait", o => o.Bench.Session.WaitMode, WaitMode.Block);
        yield return Case("--noDataTransfers", o => o.Bench.Session.SkipTransfers, true);
        yield return Case("--includeDataTransfers", o => o.Bench.Session.SkipTransfers, false);
        yield return Case("--avgRuns=100", o => o.AvgRuns, 100);
        yield return Case("--percentile=50,99.9", o => string.Join(' ', o.Percentiles), "50 99.9");
        yield return Case("--dumpOutput", o => o.DumpOutput, true);
        yield return Case("--dumpProfile", o => o.DumpProfile, true);
        yield return Case("--dumpLayerInfo", o => o.DumpLayerInfo, true);
        yield return Case("--dumpOptimizationProfile", o => o.DumpOptimizationProfile, true);
        yield return Case("--exportTimes=t.json", o => o.ExportTimes, "t.json");
        yield return Case("--exportOutput=o.json", o => o.ExportOutput, "o.json");
        yield return Case("--exportProfile=p.json", o => o.ExportProfile, "p.json");
        yield return Case("--exportLayerInfo=l.json", o => o.ExportLayerInfo, "l.json");
        yield return Case("--loadInputs=x:a.bin,'y:0':C:/b.bin", o => string.Join(' ', o.LoadInputs.Select(i => $"{i.Key}={i.Value}")), "x=a.bin y:0=C:/b.bin");
        yield return Case("--inputIOFormats=fp32:chw", o => o.Notes.Count, 0);
        yield return Case("--outputIOFormats=fp32:chw,fp32:chw", o => o.Notes.Count, 0);
        yield return Case("--sparsity=disable", o => o.Notes.Count, 0);
        yield return Case("--useRuntime=full", o => o.Notes.Count, 0);
        yield return Case("--separateProfileRun", o => o.Notes.Count, 0);

        static TestCaseData Case(string flag, Func<TrtExecOptions, object?> read, object expected) => new TestCaseData(flag, read, expected).SetArgDisplayNames(flag, $"{expected}");
    }

    [TestCaseSource(nameof(Mapped))]
    public void Flags_are_mapped(string flag, Delegate read, object expected) =>
        Assert.That(((Func<TrtExecOptions, object?>)read)(Parse(flag)), Is.EqualTo(expected));

    [Test]
    public void Shapes_make_one_profile_and_profile_flags_make_more()
    {
        OptimizationProfile only = Parse("--minShapes=x:1x3", "--optShapes=x:2x3", "--maxShapes=x:4x3").Build.Profiles.Single();
        Assert.That(only.Inputs["x"].ToString(), Is.EqualTo("min=1x3,opt=2x3,max=4x3"));
        OptimizationProfile opt = Parse("--optShapes=x:2x3,y:5").Build.Profiles.Single();
        Assert.That(opt.Inputs["y"].ToString(), Is.EqualTo("min=5,opt=5,max=5"));
        IReadOnlyList<OptimizationProfile> two = Parse("--profile=0", "--optShapes=x:1x3", "--profile=1", "--minShapes=x:1x3", "--optShapes=x:8x3", "--maxShapes=x:8x3").Build.Profiles;
        Assert.That(two.Select(p => p.Inputs["x"].ToString()), Is.EqualTo(["min=1x3,opt=1x3,max=1x3", "min=1x3,opt=8x3,max=8x3"]));
        Refused("number profiles from 0", "--profile=1", "--optShapes=x:1x3");
    }

    [TestCase("--explicitBatch")]
    [TestCase("--exposeDMA")]
    [TestCase("--threads")]
    [TestCase("--noBuilderCache")]
    [TestCase("--minTiming=3")]
    [TestCase("--sparsity=enable")]
    [TestCase("--heuristic")]
    [TestCase("--preview=+fasterDynamicShapes0805")]
    [TestCase("--memPoolSize=dlaSRAM:1")]
    [TestCase("--best")]
    public void Flags_without_effect_say_so(string flag)
    {
        IReadOnlyList<string> notes = Parse(flag).Notes;
        Assert.That(notes, Has.Count.EqualTo(1));
        Assert.That(notes[0], Does.StartWith(flag.Split('=')[0]));
    }

    [TestCase("--int8", "FP32 and FP16")]
    [TestCase("--fp8", "FP32 and FP16")]
    [TestCase("--calib=c.cache", "INT8")]
    [TestCase("--uff=m.uff", "ONNX")]
    [TestCase("--deploy=m.prototxt", "ONNX")]
    [TestCase("--model=m.caffemodel", "ONNX")]
    [TestCase("--batch=8", "--shapes")]
    [TestCase("--maxBatch=8", "--shapes")]
    [TestCase("--useDLACore=0", "DLA")]
    [TestCase("--safe", "safety")]
    [TestCase("--refit", "refitted")]
    [TestCase("--inputIOFormats=fp16:chw", "model's own types")]
    [TestCase("--sparsity=force", "weights")]
    [TestCase("--useRuntime=lean", "full runtime")]
    [TestCase("--dumpRawBindingsToFile", "--output-dir")]
    public void Flags_that_cannot_be_done_say_what_became_of_them(string flag, string reason) => Refused(reason, flag);

    [TestCase("--fp61", "did you mean --fp16?")]
    [TestCase("--maxShape=x:1", "did you mean --maxShapes?")]
    [TestCase("--frobnicate", "none of that name")]
    [TestCase("model.onnx", "--onnx=model.onnx")]
    [TestCase("--saveEngine", "needs a value after '='")]
    [TestCase("--fp16=1", "takes no value")]
    [TestCase("--percentile=101", "0 to 100")]
    [TestCase("--iterations=many", "'many'")]
    [TestCase("--builderOptimizationLevel=9", "0 to 5")]
    [TestCase("--streams=0", "1 to 64")]
    [TestCase("--memPoolSize=1024", "workspace:1024")]
    [TestCase("--memPoolSize=work:1", "Did you mean 'workspace'?")]
    [TestCase("--minShapes=x:9", "only the smallest")]
    [TestCase("--layerPrecisions=a:int8", "fp32 or NAME:fp16")]
    [TestCase("--loadInputs=x", "NAME:FILE")]
    [TestCase("--loadEngine=m.engine", "two sources")]
    public void Mistakes_are_explained(string flag, string reason) => Refused(reason, flag);

    [Test]
    public void A_model_is_needed()
    {
        Assert.That(() => TrtExecParser.Parse(["--fp16"]), Throws.TypeOf<UsageException>().With.Message.Contains("--onnx=FILE"));
        Assert.That(() => TrtExecParser.Parse(["--loadEngine=a", "--saveEngine=b"]), Throws.TypeOf<UsageException>().With.Message.Contains("--saveEngine"));
        Assert.That(TrtExecParser.Parse([]).Help, Is.True);
        Assert.That(TrtExecParser.Parse(["-h"]).Help, Is.True);
    }

    /// <summary>The flags that the field knows by heart; each must be mapped, without effect, or refused with a reason.</summary>
    [Test]
    public void Every_flag_of_the_list_is_known()
    {
        string[] known =
        [
            "onnx", "saveEngine", "loadEngine", "fp16", "int8", "best", "noTF32", "workspace", "memPoolSize", "minShapes", "optShapes", "maxShapes", "shapes",
            "inputIOFormats", "outputIOFormats", "timingCacheFile", "builderOptimizationLevel", "precisionConstraints", "layerPrecisions", "tacticSources",
            "sparsity", "refit", "versionCompatible", "plugins", "device", "buildOnly", "skipInference", "verbose", "profilingVerbosity", "warmUp", "duration",
            "iterations", "avgRuns", "percentile", "streams", "infStreams", "threads", "useCudaGraph", "useSpinWait", "noDataTransfers", "exposeDMA",
            "loadInputs", "dumpOutput", "exportOutput", "exportTimes", "dumpProfile", "exportProfile", "separateProfileRun", "dumpLayerInfo", "exportLayerInfo",
        ];
        Assert.That(known.Where(k => !TrtExecFlag.All.ContainsKey("--" + k)), Is.Empty);
        Assert.That(TrtExecFlag.All.Values.Where(f => f.Fate != FlagFate.Mapped && f.Text.Length == 0), Is.Empty);
    }

    /// <summary>A flag in the table that the parser forgot would be an internal error.</summary>
    [Test]
    public void Every_mapped_flag_is_handled()
    {
        foreach (TrtExecFlag flag in TrtExecFlag.All.Values.Where(f => f.Fate == FlagFate.Mapped))
        {
            try
            {
                TrtExecParser.Parse([flag.TakesValue == true ? $"{flag.Name}=1" : flag.Name]);
            }
            catch (UsageException)
            {
                // A wrong value or a missing model is fine here.
            }
        }
    }

    [TestCase(8, 6, 1, 8601)]
    [TestCase(10, 4, 0, 100400)]
    public void Versions_are_numbered_as_the_headers_do(int major, int minor, int patch, int expected) =>
        Assert.That(TrtExecCommand.VersionNumber(new Version(major, minor, patch)), Is.EqualTo(expected));

    [TestCase(0.0123456789, "0.0123457")]
    [TestCase(123456789, "1.23457e+08")]
    [TestCase(0.00001, "1e-05")]
    [TestCase(200, "200")]
    [TestCase(99.9, "99.9")]
    public void Numbers_are_those_of_cpp_streams(double value, string expected) => Assert.That(TrtExecLog.Number(value), Is.EqualTo(expected));

    private static TrtExecOptions Parse(params string[] flags) => TrtExecParser.Parse(["--onnx=m.onnx", .. flags]).WithDefaultsOf(new Version(8, 6));

    private static void Refused(string reason, params string[] flags) =>
        Assert.That(() => Parse(flags), Throws.TypeOf<UsageException>().With.Message.Contains(reason));
}
