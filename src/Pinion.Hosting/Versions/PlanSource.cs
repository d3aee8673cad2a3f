using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Pinion.Hosting;

/// <summary>Where a model's plan comes from: a file, or an ONNX model whose engine is built once and then found in a cache. Threads: any.</summary>
internal sealed class PlanSource
{
    private readonly string _name;
    private readonly ILogger _logger;
    private readonly EngineCache? _cache;
    private readonly EngineBuildOptions _build;
    private volatile Progress? _progress;

    private PlanSource(string plan)
    {
        ArgumentException.ThrowIfNullOrEmpty(plan);
        (_name, _logger, File, _build) = ("", NullLogger.Instance, plan, new EngineBuildOptions());
    }

    /// <param name="name">The model's.</param>
    /// <param name="options">The model's, checked by themselves.</param>
    /// <param name="logger">Told of builds.</param>
    public PlanSource(string name, ModelOptions options, ILogger logger)
    {
        (_name, _logger) = (name, logger);
        File = options.Onnx.Length > 0 ? options.Onnx : options.Plan;
        _build = BuildOptions(options);
        _cache = options.Onnx.Length == 0 ? null : new EngineCache(options.Cache, new EngineCacheOptions
        {
            MaxBytes = options.CacheMaxBytes,
            Isolation = new IsolationOptions { TimeLimit = options.BuildTimeLimit, MemoryLimitBytes = options.BuildMemoryLimitBytes },
        });
    }

    /// <summary>The file that everything comes from, the plan or the ONNX model.</summary>
    public string File { get; }

    /// <summary>Whether the file is a model that has to be built.</summary>
    public bool IsBuilt => _cache is not null;

    /// <summary>How far a build is, for the end of a sentence about the model; null while there is none.</summary>
    public string? Building => _progress?.ToString();

    public static PlanSource OfFile(string plan) => new(plan);

    /// <summary>Gives the plan to be loaded, built first if it has to be. One of the cache's that does not load is built anew.</summary>
    /// <param name="load">Loads it; it is the result's from then on.</param>
    /// <param name="cancellationToken">Ends the build, and its process, and the wait for that of another.</param>
    public async Task<T> UseAsync<T>(Func<ServedPlan, Task<T>> load, CancellationToken cancellationToken)
    {
        if (_cache is null)
        {
            return await load(ServedPlan.OfFile(File)).ConfigureAwait(false);
        }

        CachedPlan found = await GetAsync(p => _cache.GetOrBuildAsync(File, _build, p, cancellationToken)).ConfigureAwait(false);
        var plan = ServedPlan.OfCache(found, _build.PluginLibraries);
        try
        {
            return await LoadAsync(plan, load).ConfigureAwait(false);
        }
        catch (PinionException e) when (found.Report.Outcome == CacheOutcome.Hit && !plan.HasLoaded && e.Status is PinionStatus.PlanMismatch or PinionStatus.PlanCorrupt)
        {
            // Before TensorRT 10 the plan alone has the fourth number of the version that built it.
            string reason = $"the engine that was kept does not load: {e.Message.TrimEnd('.')}";
            CachedPlan rebuilt = await GetAsync(p => _cache.RebuildAsync(found, reason, File, _build, p, cancellationToken)).ConfigureAwait(false);
            return await LoadAsync(ServedPlan.OfCache(rebuilt, _build.PluginLibraries), load).ConfigureAwait(false);
        }
    }

    private static async Task<T> LoadAsync<T>(ServedPlan plan, Func<ServedPlan, Task<T>> load)
    {
        try
        {
            return await load(plan).ConfigureAwait(false);
        }
        catch
        {
            plan.Dispose();
            throw;
        }
    }

    /// <summary>The options as they are built with: for the first of the model's devices.</summary>
    private static EngineBuildOptions BuildOptions(ModelOptions options) => options.Build with
    {
        Device = options.Devices.Count == 0 ? 0 : options.Devices[0],
        // Before 8.6 a profile has one session; the copies are those of the sessions that there will be.
        ProfileCopies = options.Onnx.Length > 0 && PinionRuntime.Info.TensorRtLoaded < new Version(8, 6) ? Math.Max(options.Build.ProfileCopies, options.InstancesPerDevice) : options.Build.ProfileCopies,
    };

    private async Task<CachedPlan> GetAsync(Func<IProgress<BuildProgress>, Task<CachedPlan>> get)
    {
        var progress = new Progress(Begin);
        _progress = progress;
        try
        {
            CachedPlan plan = await get(progress).ConfigureAwait(false);
            CacheReport report = plan.Report;
            if (report.Outcome == CacheOutcome.Hit)
            {
                BuildLog.Found(_logger, _name, File, report.Entry.Path);
            }
            else
            {
                BuildLog.Built(_logger, _name, File, report.Entry.BuildTime.TotalSeconds, string.Join("; ", report.Reasons));
            }

            if (report.NotKept is { } reason)
            {
                BuildLog.NotKept(_logger, _name, reason);
            }

            return plan;
        }
        finally
        {
            _progress = null;
        }
    }

    private void Begin(bool waits)
    {
        if (waits)
        {
            BuildLog.Waits(_logger, _name, File);
        }
        else
        {
            BuildLog.Begins(_logger, _name, File);
        }
    }

    /// <summary>Where a build is. Written by one thread, read by any.</summary>
    private sealed class Progress(Action<bool> begin) : IProgress<BuildProgress>
    {
        private const string Wait = "wait";

        private readonly Lock _gate = new();
        private readonly Stopwatch _watch = Stopwatch.StartNew();
        private readonly BuildPhases _phases = new();
        private bool? _waits;

        public void Report(BuildProgress value)
        {
            bool waits = value.Phase == Wait;
            bool isNew;
            lock (_gate)
            {
                isNew = _waits != waits;
                _waits = waits;
                if (!waits)
                {
                    _phases.Report(value);
                }
            }

            if (isNew)
            {
                begin(waits);
            }
        }

        public override string ToString()
        {
            lock (_gate)
            {
                string share = _phases.Fraction is { } fraction ? string.Create(CultureInfo.InvariantCulture, $" {fraction * 100:F0} %,") : "";
                string phase = _phases.Current.Length > 0 ? $" {_phases.Current}," : "";
                string what = _waits switch
                {
                    null => "is looked up in the cache",
                    true => "waits for the engine that another process builds",
                    false => $"is being built:{share}{phase}".TrimEnd(',', ':'),
                };
                return string.Create(CultureInfo.InvariantCulture, $"{what}, for {_watch.Elapsed.TotalSeconds:F0} s");
            }
        }
    }
}
