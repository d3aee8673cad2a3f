using System.CommandLine;
using System.Globalization;
using System.Net;
using Pinion.Hosting;
using Pinion.Serving;

namespace Pinion.Cli;

/// <summary>The options of <c>pinion serve</c> and what they mean.</summary>
internal sealed class ServeOptionSet
{
    private const string KeyVariable = "PINION_API_KEY";

    private readonly Argument<string[]> _paths = new("MODELS")
    {
        Description = "Plans, each named after its file, or folders laid out as Triton's model repository.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string[]> _models = new("--model") { Description = "A plan under a name of its own; may be repeated.", HelpName = "NAME=PLAN", DefaultValueFactory = _ => [] };
    private readonly Option<int> _port = new("--port") { Description = "Port to listen on; 0: a free one.", HelpName = "N", DefaultValueFactory = _ => 8000 };
    private readonly Option<string> _host = new("--host") { Description = "Address to listen on; 0.0.0.0 or :: for all. The default is reached from this machine only.", HelpName = "ADDRESS", DefaultValueFactory = _ => "127.0.0.1" };
    private readonly Option<string?> _keys = new("--api-key-file") { Description = $"Answer only requests that carry one of the keys in FILE, one a line (or the one in {KeyVariable}).", HelpName = "FILE" };
    private readonly Option<string> _maxRequest = new("--max-request-bytes") { Description = "Longest request body, such as 64M.", HelpName = "SIZE", DefaultValueFactory = _ => "64M" };
    private readonly Option<string> _maxBuffers = new("--max-buffer-bytes") { Description = "Most bytes of the tensors of all requests at once.", HelpName = "SIZE", DefaultValueFactory = _ => "1G" };
    private readonly Option<int> _maxConcurrent = new("--max-concurrent") { Description = "Inference requests at once; more are refused with 429.", HelpName = "N", DefaultValueFactory = _ => 256 };
    private readonly Option<int> _maxConnections = new("--max-connections") { Description = "Connections at once; more are closed.", HelpName = "N", DefaultValueFactory = _ => 1024 };
    private readonly Option<double> _minRate = new("--min-rate") { Description = "Bytes a second that a client must send or take, after 5 s; slower ones are dropped.", HelpName = "N", DefaultValueFactory = _ => 16384 };
    private readonly Option<double> _shutdown = new("--shutdown-limit") { Description = "Seconds that accepted requests have to finish after Ctrl-C or SIGTERM.", HelpName = "S", DefaultValueFactory = _ => 30 };
    private readonly Option<double?> _poll = new("--poll") { Description = "Look every S seconds whether a plan's file has changed, and swap the new one in (default: never).", HelpName = "S" };
    private readonly Option<string> _requireVerified = new("--require-verified") { Description = "Serve an FP16 plan only with a verdict: model, or device for one of the engine on this kind of device (default: none).", HelpName = "LEVEL" };
    private readonly Option<int?> _maxBatch = new("--max-batch") { Description = "Most rows in a batch (default: the plan's largest).", HelpName = "N" };
    private readonly Option<double?> _maxDelay = new("--max-delay") { Description = "Milliseconds that an idle instance waits for a batch to fill (default: 0).", HelpName = "MS" };
    private readonly Option<double?> _latencyTarget = new("--latency-target") { Description = "Instead of --max-delay: the latency in milliseconds to keep.", HelpName = "MS" };
    private readonly Option<int?> _queue = new("--queue") { Description = "Rows that may wait; more are refused with 429 (default: two of the largest batches for each instance, at least 32).", HelpName = "N" };
    private readonly Option<int?> _instances = new("--instances") { Description = "Inferences that overlap on each device; 1 to 64 (default: 2).", HelpName = "N" };
    private readonly Option<int[]> _devices = new("--devices") { Description = "Devices, each with engines of its own, such as 0,1 (default: 0).", HelpName = "N,...", CustomParser = r => ParseDevices(r.Tokens.Count > 0 ? r.Tokens[0].Value : ""), DefaultValueFactory = _ => [] };

    public void AddTo(Command command)
    {
        command.Add(_paths);
        foreach (Option option in (ReadOnlySpan<Option>)
            [_models, _port, _host, _keys, _maxRequest, _maxBuffers, _maxConcurrent, _maxConnections, _minRate, _shutdown, _poll, _requireVerified, _maxBatch, _maxDelay, _latencyTarget, _queue, _instances, _devices])
        {
            command.Add(option);
        }
    }

    public ServeSettings Read(ParseResult result)
    {
        var notes = new List<string>();
        var server = new ServerOptions
        {
            Address = Address(result.GetValue(_host)!),
            Port = (int)InRange(result.GetValue(_port), 0, 65535, _port, ""),
            MaxConnections = (int)InRange(result.GetValue(_maxConnections), 1, 1_000_000, _maxConnections, ""),
            MinBytesPerSecond = InRange(result.GetValue(_minRate), 1, 1e9, _minRate, ""),
        };
        server.Serving.MaxRequestBytes = Size(result.GetValue(_maxRequest)!, Array.MaxLength, _maxRequest);
        server.Serving.MaxBufferBytes = Size(result.GetValue(_maxBuffers)!, 1L << 40, _maxBuffers);
        server.Serving.MaxConcurrentRequests = (int)InRange(result.GetValue(_maxConcurrent), 1, 1_000_000, _maxConcurrent, "");
        server.Serving.ApiKeys = [.. Keys(result.GetValue(_keys))];
        if (!IPAddress.IsLoopback(server.Address) && server.Serving.ApiKeys.Count == 0)
        {
            notes.Add($"--host {server.Address} is reached from other machines, and no key is asked for: --api-key-file asks for one.");
        }

        IReadOnlyList<ServedPlan> plans = ServedPlans.Find(result.GetValue(_paths) ?? [], result.GetValue(_models) ?? [], notes);
        foreach (ServedPlan plan in plans)
        {
            Apply(result, plan.Options);
        }

        return new ServeSettings(plans, server, TimeSpan.FromSeconds(InRange(result.GetValue(_shutdown), 0, 86_400, _shutdown, " s")), notes);
    }

    private void Apply(ParseResult result, ModelOptions options)
    {
        if (result.GetValue(_maxDelay) is not null && result.GetValue(_latencyTarget) is not null)
        {
            throw new UsageException("--max-delay and --latency-target both say how long to wait; choose one.");
        }

        options.MaxBatch = result.GetValue(_maxBatch) is { } batch ? (int)InRange(batch, 1, 65_536, _maxBatch, "") : options.MaxBatch;
        if (result.GetValue(_maxDelay) is { } delay)
        {
            options.MaxDelay = TimeSpan.FromMilliseconds(InRange(delay, 0, 60_000, _maxDelay, " ms"));
            options.LatencyTarget = null;
        }

        if (result.GetValue(_latencyTarget) is { } target)
        {
            options.LatencyTarget = TimeSpan.FromMilliseconds(InRange(target, 0.01, 60_000, _latencyTarget, " ms"));
            options.MaxDelay = TimeSpan.Zero;
        }

        options.QueueCapacity = result.GetValue(_queue) is { } queue ? (int)InRange(queue, 1, 1_000_000, _queue, "") : options.QueueCapacity;
        options.InstancesPerDevice = result.GetValue(_instances) is { } instances ? (int)InRange(instances, 1, 64, _instances, "") : options.InstancesPerDevice;
        if (result.GetValue(_devices) is { Length: > 0 } devices)
        {
            options.Devices = [.. devices];
        }

        if (result.GetValue(_requireVerified) is { } level)
        {
            options.RequireVerified = level switch
            {
                "model" => VerificationLevel.Model,
                "device" => VerificationLevel.Device,
                "none" => VerificationLevel.None,
                _ => throw new UsageException($"{_requireVerified.Name} '{level}' is unknown; choose model, device or none."),
            };
        }

        if (result.GetValue(_poll) is { } seconds)
        {
            options.ReloadOnChange = true;
            options.ReloadInterval = TimeSpan.FromSeconds(InRange(seconds, 0.01, 3_600, _poll, " s"));
        }
    }

    private static IPAddress Address(string text) => text switch
    {
        "localhost" => IPAddress.Loopback,
        "*" => IPAddress.Any,
        _ => IPAddress.TryParse(text, out IPAddress? address) ? address
            : throw new UsageException($"--host '{text}' is no address; write one such as 127.0.0.1, 0.0.0.0 or ::, or localhost."),
    };

    private static IReadOnlyList<string> Keys(string? file)
    {
        if (file is not null)
        {
            Files.RequireFile(file);
            return ApiKeyFile.Read(file);
        }

        string? key = Environment.GetEnvironmentVariable(KeyVariable);
        return string.IsNullOrEmpty(key) ? [] : [ApiKeyFile.Checked(key, KeyVariable)];
    }

    private static long Size(string text, long most, Option option)
    {
        long bytes = SizeText.ParseBytes(text, option.Name);
        const long Least = 4096;
        return bytes >= Least && bytes <= most ? bytes
            : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{option.Name} {text} is out of range; {Least} to {most} bytes are possible."));
    }

    private static int[] ParseDevices(string text)
    {
        string[] parts = text.Split(',');
        var devices = new List<int>();
        foreach (string part in parts)
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int device) || devices.Contains(device))
            {
                throw new UsageException($"--devices '{text}' is no list of different devices such as 0,1; pinion doctor lists them.");
            }

            devices.Add(device);
        }

        return [.. devices];
    }

    private static double InRange(double value, double min, double max, Option option, string unit) => OptionRange.Check(value, min, max, option.Name, unit);
}
