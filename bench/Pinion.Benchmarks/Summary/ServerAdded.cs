using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Pinion.Hosting;
using Pinion.Serving;

namespace Pinion.Benchmarks;

/// <summary>A binary inference over loopback against the same request to the batcher in process.</summary>
/// <param name="AddedMs">Median over the server less median in process.</param>
/// <param name="Comparison">The two.</param>
/// <param name="RequestBytes">Of the input tensor.</param>
/// <param name="EnqueueDelayUs">Simulated time of the device for one inference.</param>
internal sealed record ServerAddedResult(double AddedMs, Comparison Comparison, int RequestBytes, int EnqueueDelayUs);

/// <summary>
/// A client that costs as little as one can: one connection, a request whose bytes lie ready, blocking calls. It and the server
/// share the process, and so does the batcher, on the very model that the server serves.
/// </summary>
internal static class ServerAdded
{
    private const string Faults = "PINION_HOST_TENSORRT_FAULTS";
    private const int DelayUs = 2000;
    private const int Blocks = 24;
    private const int CallsPerBlock = 40;
    private const int WarmUp = 10;
    private static readonly TensorShape Shape = [1, 3, 224, 224];

    public static ServerAddedResult Measure(string folder) => ChildProcess.Run<ServerAddedResult>(
        ["child-server-added", folder],
        PinionRuntime.Info.Sdk == Sdk.Host
            ? new Dictionary<string, string> { [Faults] = string.Create(CultureInfo.InvariantCulture, $"enqueue_delay={DelayUs}") }
            : null);

    /// <summary>In the child process.</summary>
    public static ServerAddedResult MeasureHere(string folder) => MeasureHereAsync(folder).GetAwaiter().GetResult();

    private static async Task<ServerAddedResult> MeasureHereAsync(string folder)
    {
        string path = Path.Combine(folder, "server-added.plan");
        using (Plan plan = EngineBuilder.Build(BenchmarkModels.ImageMean()))
        {
            plan.Save(path);
        }

        try
        {
            await using InferenceModel model = await InferenceModel.LoadAsync("image", new ModelOptions { Plan = path }).ConfigureAwait(false);
            var models = new InferenceModels();
            models.Add(model);
            await using PinionServer server = await PinionServer.StartAsync(models, new ServerOptions { Port = 0 }).ConfigureAwait(false);
            float[] pixels = new float[Shape.ElementCount];
            Array.Fill(pixels, 0.5f);
            using var client = new Client(new Uri(server.Url).Port, pixels);

            // Both reach the last tier of the JIT compiler before anything is counted.
            long[] scratch = new long[CallsPerBlock];
            for (int i = 0; i < 10; i++)
            {
                client.Run(scratch);
                InProcess(model, pixels, scratch);
                Thread.Sleep(30);
            }

            var comparison = Comparison.Run(client.Run, n => InProcess(model, pixels, n), Blocks, CallsPerBlock, WarmUp);
            return new ServerAddedResult(
                (comparison.SubjectMedianUs - comparison.ReferenceMedianUs) / 1000,
                comparison,
                pixels.Length * sizeof(float),
                PinionRuntime.Info.Sdk == Sdk.Host ? DelayUs : 0);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void InProcess(InferenceModel model, float[] pixels, Span<long> nanoseconds)
    {
        for (int i = 0; i < nanoseconds.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            using InferenceResult result = model.InferAsync(TensorInput.Create("x", Shape, pixels)).AsTask().GetAwaiter().GetResult();
            nanoseconds[i] = Clock.ToNanoseconds(Stopwatch.GetTimestamp() - start);
        }
    }

    /// <summary>Sends the same request again and again, and reads each answer whole.</summary>
    private sealed class Client : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        private readonly byte[] _request;
        private readonly byte[] _answer = new byte[65536];

        public Client(int port, float[] pixels)
        {
            int bytes = pixels.Length * sizeof(float);
            string json = $$$"""{"inputs":[{"name":"x","shape":[1,3,224,224],"datatype":"FP32","parameters":{"binary_data_size":{{{bytes}}}}}],"outputs":[{"name":"y","parameters":{"binary_data":true}}]}""";
            string head = string.Create(
                CultureInfo.InvariantCulture,
                $"POST /v2/models/image/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: {json.Length + bytes}\r\nInference-Header-Content-Length: {json.Length}\r\n\r\n");
            _request = [.. Encoding.ASCII.GetBytes(head + json), .. MemoryMarshal.AsBytes(pixels.AsSpan())];
            _socket.Connect(IPAddress.Loopback, port);
        }

        public void Run(Span<long> nanoseconds)
        {
            for (int i = 0; i < nanoseconds.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                Exchange();
                nanoseconds[i] = Clock.ToNanoseconds(Stopwatch.GetTimestamp() - start);
            }
        }

        public void Dispose() => _socket.Dispose();

        private void Exchange()
        {
            for (int sent = 0; sent < _request.Length;)
            {
                sent += _socket.Send(_request.AsSpan(sent));
            }

            int read = 0;
            int whole = int.MaxValue;
            while (read < whole)
            {
                int more = _socket.Receive(_answer.AsSpan(read));
                read = more > 0 ? read + more : throw new InvalidOperationException("the server has closed the connection");
                whole = whole == int.MaxValue ? WholeLength(read) : whole;
            }
        }

        private int WholeLength(int read)
        {
            string text = Encoding.ASCII.GetString(_answer, 0, read);
            int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
            {
                return int.MaxValue;
            }

            const string Length = "Content-Length: ";
            int at = text.IndexOf("\r\n" + Length, StringComparison.OrdinalIgnoreCase);
            int bytes = int.Parse(text.AsSpan(at + 2 + Length.Length, text.IndexOf('\r', at + 2) - at - 2 - Length.Length), CultureInfo.InvariantCulture);
            return text.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal)
                ? end + 4 + bytes
                : throw new InvalidOperationException($"the server answered {text}");
        }
    }
}
