using System.Globalization;
using System.Text;

namespace Pinion.Cli;

/// <summary>Writes what is known of a check: as JSON, and as a page for people.</summary>
internal sealed class GpuCheckReport(string folder)
{
    public const string JsonName = "gpu-check.json";
    public const string PageName = "gpu-check.md";

    public string PagePath => Path.Combine(folder, PageName);

    /// <summary>Both files, each whole or as it was.</summary>
    public void Write(GpuCheckDocument document)
    {
        Directory.CreateDirectory(folder);
        AtomicFile.Write(Path.Combine(folder, JsonName), 0, stream => stream.Write(JsonText.Bytes(document, JsonForms.Default.GpuCheckDocument)));
        AtomicFile.Write(PagePath, 0, stream => stream.Write(Encoding.UTF8.GetBytes(Page(document))));
    }

    internal static string Page(GpuCheckDocument d)
    {
        var text = new StringBuilder();
        Line(text, $"# GPU check: {(d.NoGpu is not null ? "no GPU" : d.Passed ? "passed" : "FAILED")}");
        Line(text, $"");
        Line(text, $"{d.Device ?? "no device"}, SDK {d.Sdk?.GetName() ?? "none"}, Pinion {d.Pinion}, {d.Started:yyyy-MM-dd HH:mm} UTC, {d.Seconds:F0} of {d.LimitSeconds:F0} s.");
        if (d.NoGpu is not null)
        {
            Line(text, $"");
            Line(text, $"There is no GPU here, and nothing was checked. {d.NoGpu}");
        }

        Table(text, "Parts", ["part", "status", "s", "of"], d.Parts.Select(p => new[] { p.Name, p.Status, Number(p.Seconds, 1), Number(p.LimitSeconds, 0) }));
        foreach (CheckedPart part in d.Parts)
        {
            foreach (string remark in part.Failures.Select(f => $"**{f}**").Concat(part.Notes))
            {
                Line(text, $"- {part.Name}: {remark.ReplaceLineEndings(" ")}");
            }
        }

        Machine(text, d.Environment);
        Tests(text, d.NativeTests);
        Table(text, "Outputs against a CPU's", ["model", "build s", "largest difference, graph", "plain", "allowed", "cosine", "reference", "passed"], d.Correctness?.Select(m => new[]
        {
            m.Model, Number(m.BuildSeconds, 1), Short(m.GraphAccuracy.MaxAbs), Short(m.PlainAccuracy.MaxAbs), Short(m.MaxAbsAllowed), Number(m.GraphAccuracy.Cosine, 7), m.Reference, m.Passed ? "yes" : "NO",
        }));
        Table(text, "Copies", ["bytes", "host memory", "to the device, GB/s", "to the host, GB/s"], d.Copies?.Select(c => new[]
        {
            c.Bytes.ToString("N0", CultureInfo.InvariantCulture), c.Memory, Number(c.HostToDeviceGBps, 2), Number(c.DeviceToHostGBps, 2),
        }));
        Table(text, "Sessions at once, 16 MiB in", ["sessions", "runs/s", "over one", "over the slowest stage's bound", "H2D ms", "compute ms", "D2H ms"], d.Overlap?.Select(o => new[]
        {
            $"{o.Sessions}", Number(o.ThroughputQps, 1), Number(o.OverOneSession, 2), Number(o.OverBound, 2), ReportText.Ms(o.HostToDeviceMs), ReportText.Ms(o.ComputeMs), ReportText.Ms(o.DeviceToHostMs),
        }));
        Table(text, "Latency, medians in µs", ["model", "enqueue", "wait", "timings", "wall", "wall p99", "H2D + compute + D2H", "enqueue", "C# adds", "C# adds p99"], d.Latency?.Select(m => new[]
        {
            m.Model, m.GraphAsked ? m.Figures.Graph ? "graph" : "plain, no graph" : "plain", m.Wait, m.TimingInterval > 0 ? "on" : "off", Microseconds(m.Figures.WallMs.Median), Microseconds(m.Figures.WallMs.P99),
            m.TimingInterval > 0 ? Microseconds(m.Figures.LatencyMs.Median) : ReportText.None, Microseconds(m.Figures.EnqueueMs.Median),
            m.ManagedMicroseconds is { } added ? Number(added.Median, 2) : ReportText.None, m.ManagedMicroseconds?.P99 is { } p99 ? Number(p99, 2) : ReportText.None,
        }));
        Table(text, "Device memory", ["model", "what", "bytes"], d.Memory?.SelectMany(Memory));
        if (d.Soak is { } s)
        {
            Table(text, "Many runs", ["runs", "of", "wrong", "runs/s", "managed bytes a run", "device bytes lost", "host bytes grown"], [[
                Count(s.Runs), Count(s.RunsAsked), Count(s.Wrong), Number(s.RunsPerSecond, 0), Number(s.AllocatedBytesPerRun, 3), Count(s.DeviceBytesLost), Count(s.HostBytesGrown)]]);
        }

        return text.ToString();
    }

    private static void Machine(StringBuilder text, CheckedEnvironment? environment)
    {
        if (environment is null)
        {
            return;
        }

        DoctorDocument doctor = environment.Doctor;
        SuiteEnvironment? m = environment.Machine;
        string[][] rows =
        [
            ["device", m is null ? ReportText.None : $"{m.Device}, SM {m.ComputeCapability}, {m.DeviceMemoryBytes >> 20} MiB"],
            ["bus", m?.PciBusId is null ? ReportText.None : $"{m.PciBusId} {m.Pcie}"],
            ["driver", $"{m?.Driver ?? ReportText.None}, CUDA {doctor.Cuda?.Driver ?? "none"}"],
            ["CUDA runtime", doctor.Cuda?.Runtime ?? ReportText.None],
            ["TensorRT", doctor.Tensorrt?.Loaded ?? ReportText.None],
            ["ONNX Runtime", doctor.Onnxruntime is { } o ? $"{o.Version} {o.Path}" : ReportText.None],
            ["CPU", m is null ? ReportText.None : FormattableString.Invariant($"{m.Cpu}, {Counted.Of(m.CpuCores, "core")}, load {m.LoadAverage:F2}")],
            ["system", $"{doctor.Os}, {doctor.Dotnet}"],
            .. doctor.Sdks.Select(s => new[] { $"SDK {s.Sdk.GetName()}", s.CanRun ? "runs" : s.CannotRun ?? "" }),
        ];
        Table(text, "Environment", ["", ""], rows);
    }

    private static void Tests(StringBuilder text, IReadOnlyList<CheckedTests>? tests)
    {
        Table(text, "Native tests", ["program", "passed", "failed", "skipped", "s"], tests?.Select(t => new[] { t.Program, $"{t.Passed}", $"{t.Failed}", $"{t.Skipped}", Number(t.Seconds, 1) }));
        foreach (CheckedTests program in tests ?? [])
        {
            foreach (FailedTest test in program.Failures)
            {
                Line(text, $"");
                Line(text, $"**{test.Name}** of {program.Program}:");
                Line(text, $"");
                Line(text, $"```");
                Line(text, $"{test.Message}");
                Line(text, $"```");
            }
        }
    }

    private static IEnumerable<string[]> Memory(ModelMemory model) =>
    [
        [model.Model, "engine", Count(model.Memory.EngineBytes)],
        .. model.Memory.Profiles.SelectMany(p => p.Shapes.Select(s => (What: s.Key.Length == 0 ? "its one shape" : s.Key, Bytes: s.Value)).Prepend((What: "session", Bytes: p.SessionBytes)))
            .Select(m => new[] { model.Model, m.What, Count(m.Bytes) }),
    ];

    private static void Table(StringBuilder text, string title, string[] columns, IEnumerable<string[]>? rows)
    {
        if (rows is null)
        {
            return;
        }

        Line(text, $"");
        Line(text, $"## {title}");
        Line(text, $"");
        Line(text, $"| {string.Join(" | ", columns)} |");
        Line(text, $"|{string.Concat(Enumerable.Repeat("---|", columns.Length))}");
        foreach (string[] row in rows)
        {
            Line(text, $"| {string.Join(" | ", row.Select(c => c.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal)))} |");
        }

        Line(text, $"");
    }

    private static string Number(double value, int digits) => value.ToString($"F{digits}", CultureInfo.InvariantCulture);

    private static string Short(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    private static string Microseconds(double? milliseconds) => milliseconds is { } ms ? Number(ms * 1000, 1) : ReportText.None;

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
