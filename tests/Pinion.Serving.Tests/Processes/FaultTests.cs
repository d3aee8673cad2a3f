using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace Pinion.Serving.Tests;

/// <summary>A server whose device fails, as scripted in the host SDK's environment, under load.</summary>
[Platform(Exclude = "Win")]
public sealed class FaultTests
{
    private const string TensorRt = "PINION_HOST_TENSORRT_FAULTS";
    private const string Cuda = "PINION_HOST_CUDA_FAULTS";

    [OneTimeSetUp]
    public void NeedsTheHostSdk()
    {
        if (PinionRuntime.Info.Sdk != Sdk.Host)
        {
            Assert.Ignore($"faults are scripted in the host SDK; running on SDK {PinionRuntime.Info.Sdk}");
        }
    }

    /// <summary>Inferences fail at random after the warm-up: every request is answered once, rightly or with an error, and the server recovers.</summary>
    [TestCase("run", "")]
    [TestCase("enqueue", "graph_launch:1+=unknown", Description = "a replayed graph enqueues nothing")]
    public async Task Failures_at_random(string call, string cuda)
    {
        var random = new Random(5);
        string faults = string.Join(';', Enumerable.Range(0, 40).Select(_ => random.Next(600, 3000)).Distinct().Select(n => $"{call}:{n}=fail"));
        using var served = ServeProcess.Start([(TensorRt, faults), (Cuda, cuda)], TestPlans.AddOne, "--queue", "1000");
        ConcurrentDictionary<HttpStatusCode, int> answers = await LoadAsync(served, 8, 500);
        TestContext.Out.WriteLine(string.Join(", ", answers));
        Assert.That(answers.Values.Sum(), Is.EqualTo(4000));
        Assert.That(answers.Keys, Is.SubsetOf(new[] { HttpStatusCode.OK, HttpStatusCode.InternalServerError, HttpStatusCode.ServiceUnavailable, HttpStatusCode.TooManyRequests }));
        Assert.That(answers[HttpStatusCode.OK], Is.GreaterThan(1000));
        Assert.That(served.Errors, Does.Contain("failed on device 0"), "the faults have struck");
        await BecomesReadyAsync(served);
        await NothingIsHeldAsync(served);
        served.Signal("TERM");
        Assert.That(served.WaitForExit(), Is.Zero, served.Errors);
    }

    /// <summary>The memory for requests is in use: others are refused, in words, and served once it is free again.</summary>
    [Test]
    public async Task No_memory_for_requests()
    {
        const int Held = 64;

        // What is kept of the text of values whose type is not known yet, at first.
        const int EachBytes = 4096;
        using var served = ServeProcess.Start([], TestPlans.AddOne, "--max-buffer-bytes", $"{Held * EachBytes}B", "--min-rate", "1");
        RawClient[] clients = [.. Enumerable.Range(0, Held).Select(_ => new RawClient(served.Port))];
        foreach (RawClient client in clients)
        {
            client.Send(RawClient.Head("/v2/models/addone/infer", 1000) + """{"inputs":[{"name":"x","data":[1,""" + new string(' ', 900));
        }

        await WaitForMetricsAsync(served, v => v("pinion_http_buffers_rented_bytes") == Held * EachBytes);
        (await InferAsync(served)).Must(HttpStatusCode.TooManyRequests, $"may take {Held * EachBytes} bytes");
        foreach (RawClient client in clients)
        {
            client.Dispose();
        }

        await NothingIsHeldAsync(served);
        (await InferAsync(served)).Must(HttpStatusCode.OK);
        served.Signal("TERM");
        Assert.That(served.WaitForExit(), Is.Zero, served.Errors);
    }

    [Test]
    public void No_device_memory_at_the_start()
    {
        (int code, string output, string errors) = ServeProcess.Run([(Cuda, "device_memory=64B")], TestPlans.AddOne, "--port", "0");
        Assert.That((code, output), Is.EqualTo((1, "")), errors);
        Assert.That(errors, Does.Contain("memory").And.Not.Contain("   at "));
    }

    /// <summary>What was accepted before the signal is answered, all of it, and then the process ends well.</summary>
    [Test]
    public async Task Stops_under_load()
    {
        using var served = ServeProcess.Start([(TensorRt, "enqueue_delay=100000")], TestPlans.AddOne, "--max-batch", "1", "--instances", "1", "--queue", "100");
        Task<Answer>[] requests = [.. Enumerable.Range(0, 12).Select(_ => InferAsync(served))];
        await AcceptedAsync(served, 12);
        served.Signal("TERM");
        served.WaitFor("stopping");
        foreach (Answer answer in await Task.WhenAll(requests))
        {
            answer.Must(HttpStatusCode.OK);
        }

        Assert.That(served.WaitForExit(), Is.Zero, served.Errors);
    }

    /// <summary>What does not finish in time is cut off; the process ends all the same.</summary>
    [Test]
    public async Task Stops_in_the_end()
    {
        using var served = ServeProcess.Start([(TensorRt, "enqueue_delay=1000000")], TestPlans.AddOne, "--max-batch", "1", "--instances", "1", "--queue", "100", "--shutdown-limit", "0.5");
        Task<Answer>[] requests = [.. Enumerable.Range(0, 20).Select(_ => InferAsync(served))];
        await AcceptedAsync(served, 20);
        served.Signal("TERM");
        int answered = 0;
        foreach (Task<Answer> request in requests)
        {
            try
            {
                Answer answer = await request;
                Assert.That(answer.Status, Is.AnyOf(HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable));
                answered++;
            }
            catch (HttpRequestException)
            {
                // Cut off.
            }
        }

        Assert.That(answered, Is.LessThan(20));
        Assert.That(served.WaitForExit(), Is.Zero, served.Errors);
    }

    private static async Task<ConcurrentDictionary<HttpStatusCode, int>> LoadAsync(ServeProcess served, int clients, int each)
    {
        var answers = new ConcurrentDictionary<HttpStatusCode, int>();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
        {
            for (int i = 0; i < each; i++)
            {
                int value = (client * each) + i;
                Answer answer = await InferAsync(served, value);
                answers.AddOrUpdate(answer.Status, 1, (_, n) => n + 1);
                if (answer.Status == HttpStatusCode.OK)
                {
                    Assert.That(answer.Json.GetProperty("outputs")[0].GetProperty("data")[0].GetSingle(), Is.EqualTo(value + 1));
                }
            }
        })));
        return answers;
    }

    private static async Task<Answer> InferAsync(ServeProcess served, int value = 1)
    {
        using var content = new StringContent($$"""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[{{value}},2,3,4]}]}""");
        return await Answer.ReadAsync(await served.Client.PostAsync("/v2/models/addone/infer", content));
    }

    private static async Task BecomesReadyAsync(ServeProcess served)
    {
        using var time = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while ((await served.Client.GetAsync("/v2/health/ready", time.Token)).StatusCode != HttpStatusCode.OK)
        {
            await Task.Delay(50, time.Token);
        }
    }

    private static Task NothingIsHeldAsync(ServeProcess served) => WaitForMetricsAsync(served, v => v("pinion_http_buffers_rented_bytes") == 0);

    private static Task AcceptedAsync(ServeProcess served, int requests)
    {
        // Those that had ended by the time before: one that ends while the figures are collected must not count twice.
        double ended = 0;
        return WaitForMetricsAsync(served, v =>
        {
            bool accepted = v("pinion_http_requests_in_flight") + ended >= requests;
            ended = v("pinion_http_requests_total{endpoint=\"infer\"");
            return accepted;
        });
    }

    /// <summary>The condition gets the sum of all series that begin with a text.</summary>
    private static async Task WaitForMetricsAsync(ServeProcess served, Func<Func<string, double>, bool> isRight)
    {
        using var time = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            string[] lines = (await served.Client.GetStringAsync("/metrics", time.Token)).Split('\n');
            if (isRight(name => lines.Where(l => l.StartsWith(name, StringComparison.Ordinal)).Sum(l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture))))
            {
                return;
            }

            await Task.Delay(20, time.Token);
        }
    }
}
