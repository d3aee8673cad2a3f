using System.Diagnostics;
using System.Text;

namespace Pinion;

/// <summary>
/// One build in a builder process: sends the request, takes what comes back, ends the process at a limit or when nobody wants it any more, and says how it ended.
/// Threads: one, beside the one that watches the limits.
/// </summary>
internal sealed class BuilderRun : IDisposable
{
    private const int MaxLogCharacters = 1 << 18;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly BuilderProcess _process;
    private readonly BuilderRequest _request;
    private readonly IsolationOptions _isolation;
    private readonly IProgress<BuildProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _registration;
    private readonly ManualResetEventSlim _done = new();
    private readonly Thread? _watcher;
    private readonly BuilderEnds _ends;
    private readonly StringBuilder _log = new();

    // Of the watcher, which ends the process after it has written it.
    private volatile PinionException? _limit;
    private Version? _tensorRt;
    private Exception? _thrown;
    private PinionException? _failure;
    private Plan? _plan;

    internal BuilderRun(BuilderProcess process, BuilderRequest request, IsolationOptions isolation, IProgress<BuildProgress>? progress, CancellationToken cancellation)
    {
        _process = process;
        _request = request;
        _isolation = isolation;
        _progress = progress;
        _cancellation = cancellation;
        _ends = new BuilderEnds(EnumNames.Parse<Sdk>(process.Files.Sdk)!.Value);
        _registration = cancellation.Register(process.Kill);
        if (isolation.TimeLimit is not null || isolation.MemoryLimitBytes is not null)
        {
            _watcher = new Thread(WatchLimits) { IsBackground = true, Name = "Pinion build limits" };
            _watcher.Start();
        }
    }

    /// <exception cref="PinionException">The build failed, or its process did.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal IsolatedBuild Run()
    {
        string? torn = null;
        try
        {
            Send();
            if (Receive() is { } build)
            {
                return build;
            }
        }
        catch (TornStreamException e)
        {
            torn = e.Message;
            _process.Kill();
        }

        throw WhyNot(torn);
    }

    public void Dispose()
    {
        _done.Set();
        _watcher?.Join();
        _registration.Dispose();
        _done.Dispose();
    }

    private void Send()
    {
        try
        {
            // Warnings belong to the exception, whoever listens to the log.
            _request.Write(_process.Input, (LogSeverity)Math.Max((int)PinionRuntime.MaxSeverity, (int)LogSeverity.Warning));
        }
        catch (IOException)
        {
            // It has ended already; what it said before is still in the pipe.
        }
    }

    /// <returns>Null where the answer is an error or stops without a result.</returns>
    private IsolatedBuild? Receive()
    {
        Stream stream = _process.Output;
        while (_failure is null && _thrown is null && BuilderFrames.ReadHeader(stream) is { } header)
        {
            if (header.Kind == FrameKind.Plan)
            {
                _plan?.Dispose();
                _plan = Plan.Read(header.Bytes, part => BuilderFrames.Read(stream, part));
                continue;
            }

            PayloadReader payload = BuilderFrames.ReadPayload(stream, header);
            switch (header.Kind)
            {
                case FrameKind.Hello:
                    ReadHello(payload);
                    break;
                case FrameKind.Progress:
                    ReadProgress(payload);
                    break;
                case FrameKind.Log:
                    ReadLog(payload);
                    break;
                case FrameKind.Crash:
                    _ends.ReadCrash(payload);
                    break;
                case FrameKind.Error:
                    _failure = Errors.Native(ReadError(payload));
                    break;
                case FrameKind.Unloaded:
                    _failure = BuildErrors.BuilderDoesNotLoad(_process.Files, payload.Rest);
                    break;
                case FrameKind.End when _plan is not null:
                    ulong peak = payload.Number<ulong>();
                    return new IsolatedBuild(_plan, _ends.Sdk, _tensorRt, TimeSpan.FromSeconds(payload.Number<double>()), (long)peak);
                default:
                    throw new TornStreamException($"a frame of kind {header.Kind} came where it has no place");
            }
        }

        return null;
    }

    private void ReadHello(PayloadReader payload)
    {
        try
        {
            var hello = BuilderHello.Read(payload, _process.Files);
            _ends.Sdk = hello.Sdk;
            _tensorRt = hello.TensorRt;
        }
        catch (PinionException e)
        {
            _failure = e;
        }
    }

    private void ReadProgress(PayloadReader payload)
    {
        int step = payload.Number<int>();
        int steps = payload.Number<int>();
        double elapsed = payload.Number<double>();
        string phase = payload.Text();
        string parent = payload.Text();
        if (parent.Length == 0)
        {
            _ends.Phase = phase;
        }

        try
        {
            _progress?.Report(new BuildProgress(phase, parent.Length == 0 ? null : parent, step, steps, TimeSpan.FromSeconds(elapsed)));
        }
        catch (Exception e)
        {
            _thrown = e;
            _process.Kill();
        }
    }

    private void ReadLog(PayloadReader payload)
    {
        var severity = (LogSeverity)payload.Number<int>();
        string message = payload.Text();
        if (severity <= LogSeverity.Warning && _log.Length < MaxLogCharacters)
        {
            _log.Append(_log.Length == 0 ? "" : "\n").Append(message);
        }

        PinionRuntime.WriteLog(severity, message);
    }

    private static NativeError ReadError(PayloadReader payload)
    {
        var status = (pn_status)payload.Number<int>();
        string operation = payload.Text();
        string message = payload.Text();
        string log = payload.Text();
        string builtWith = payload.Text();
        return new NativeError(status, operation, message, log, builtWith, payload.Text());
    }

    /// <summary>What ended a build that gave no plan, the parent's own reasons first.</summary>
    private Exception WhyNot(string? torn)
    {
        _plan?.Dispose();
        if (_thrown is not null)
        {
            return BuildErrors.ProgressThrew(_thrown);
        }

        if (_failure is not null)
        {
            return Errors.About(_request.Bytes is null ? _request.Path : null, _failure);
        }

        int exitCode = _process.WaitForExit();
        if (_cancellation.IsCancellationRequested && _limit is null)
        {
            return BuildErrors.BuildCancelled(null, _cancellation);
        }

        PinionException end = _limit ?? _ends.Describe(exitCode, torn);
        string kept = _isolation.ReproducerFolder is { } folder ? Reproducer.Keep(folder, _request, _ends.Sdk, _tensorRt, end.Message, _log.ToString()) : "";
        return new PinionException(end.Message + kept, end.Status, "build", _log.ToString());
    }

    private void WatchLimits()
    {
        var watch = Stopwatch.StartNew();
        while (!_done.Wait(Interval))
        {
            if (_isolation.TimeLimit is { } time && watch.Elapsed >= time)
            {
                _limit = BuildErrors.TimeLimitReached(time, _ends.Phase);
            }
            else if (_isolation.MemoryLimitBytes is { } limit && _process.ResidentBytes is var resident && resident > limit)
            {
                _limit = BuildErrors.MemoryLimitReached(limit, resident, _ends.Phase);
            }

            if (_limit is not null)
            {
                _process.Kill();
                return;
            }
        }
    }
}
