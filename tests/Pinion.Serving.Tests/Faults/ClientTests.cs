using System.Text;

namespace Pinion.Serving.Tests;

/// <summary>Clients that leave, dawdle or send rubbish. Every test ends with all buffers back and no request in flight.</summary>
public sealed class ClientTests
{
    private const string Good = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";
    private const int ImageBytes = 2 * 602_112;

    private static readonly string Image =
        $$$"""{"inputs":[{"name":"x","shape":[2,3,224,224],"datatype":"FP32","parameters":{"binary_data_size":{{{ImageBytes}}}}}],"outputs":[{"name":"y","parameters":{"binary_data":true}}]}""";

    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task Start() => _server = await TestServer.StartAsync(TestPlans.AddOne, TestPlans.Image);

    [OneTimeTearDown]
    public async Task Stop() => await _server.DisposeAsync();

    [TearDown]
    public void StillServes()
    {
        _server.Settle();
        using var client = new RawClient(_server.Port);
        client.Send(RawClient.Head("/v2/models/addone/infer", Good.Length) + Good);
        Assert.That(client.ReadAnswer()!.Value.Status, Is.EqualTo(200));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Gone_in_the_middle_of_the_body(bool reset)
    {
        for (int part = 0; part < 20; part++)
        {
            using var client = new RawClient(_server.Port);
            client.Send(ImageHead());
            client.Send(new byte[ImageBytes * part / 20]);
            Leave(client, reset);
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Gone_in_the_middle_of_the_json(bool reset)
    {
        for (int part = 1; part < Good.Length; part += 4)
        {
            using var client = new RawClient(_server.Port);
            client.Send(RawClient.Head("/v2/models/addone/infer", Good.Length) + Good[..part]);
            Leave(client, reset);
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Gone_in_the_middle_of_the_answer(bool reset)
    {
        for (int i = 0; i < 20; i++)
        {
            using var client = new RawClient(_server.Port, receiveBuffer: 4096);
            client.Send(ImageHead());
            client.Send(new byte[ImageBytes]);
            client.ReadByte();
            Leave(client, reset);
        }
    }

    /// <summary>A client that sends nothing more is dropped; how long that takes is its time, not the server's.</summary>
    [Test]
    public async Task Slow_senders()
    {
        await using TestServer server = await TestServer.StartAsync(
            o =>
            {
                o.DataRateGrace = TimeSpan.FromSeconds(1.1);
                o.HeadersTimeout = TimeSpan.FromSeconds(1);
            },
            TestPlans.AddOne,
            TestPlans.Image);
        using var headers = new RawClient(server.Port);
        headers.Send("POST /v2/models/addone/infer HTTP/1.1\r\nHost:");
        using var body = new RawClient(server.Port);
        body.Send(ImageHead());
        body.Send(new byte[1000]);
        using var json = new RawClient(server.Port);
        json.Send(RawClient.Head("/v2/models/addone/infer", Good.Length) + Good[..30]);
        Assert.That(body.ReadAnswer()?.Status ?? 408, Is.EqualTo(408));
        Assert.That(json.ReadAnswer()?.Status ?? 408, Is.EqualTo(408));
        Assert.That(headers.ReadAnswer()?.Status ?? 408, Is.EqualTo(408));
        Assert.That((body.ReadAnswer(), json.ReadAnswer(), headers.ReadAnswer()), Is.EqualTo((((int, string)?)null, ((int, string)?)null, ((int, string)?)null)), "and closed");
    }

    /// <summary>A client that asks and does not read is dropped, and what it held is given back.</summary>
    [Test]
    public async Task Slow_readers()
    {
        await using TestServer server = await TestServer.StartAsync(
            o =>
            {
                o.MinBytesPerSecond = 1 << 22;
                o.DataRateGrace = TimeSpan.FromSeconds(1.1);
            },
            TestPlans.Image);
        using var client = new RawClient(server.Port, receiveBuffer: 4096);
        byte[] request = [.. Encoding.UTF8.GetBytes(ImageHead()), .. new byte[ImageBytes]];
        bool dropped = false;
        for (int i = 0; i < 100 && !dropped; i++)
        {
            try
            {
                client.Send(request);
            }
            catch (IOException)
            {
                dropped = true;
            }
        }

        Assert.That(dropped, Is.True);
    }

    /// <summary>Well-formed HTTP with rubbish inside, one after the other without waiting: each is answered once, in order.</summary>
    [Test]
    public void A_hundred_thousand_garbage_requests()
    {
        const int Connections = 4;
        const int Each = 25_000;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        int[] answered = new int[600];

        // Threads of their own: the server needs those of the pool.
        void Talk(int connection)
        {
            using var client = new RawClient(_server.Port);
            var random = new Random(connection);
            var sending = new Thread(() =>
            {
                using var batch = new MemoryStream();
                for (int i = 0; i < Each; i++)
                {
                    batch.Write(Garbage(random));
                    if (batch.Length > 30_000 || i == Each - 1)
                    {
                        client.Send(batch.GetBuffer().AsSpan(0, (int)batch.Length));
                        batch.SetLength(0);
                    }
                }
            });
            sending.Start();
            for (int i = 0; i < Each; i++)
            {
                Interlocked.Increment(ref answered[client.ReadAnswer()!.Value.Status]);
            }

            sending.Join();
            client.EndSending();
            Assert.That(client.ReadAnswer(), Is.Null, "no more answers than requests");
        }

        Task.WaitAll(Enumerable.Range(0, Connections).Select(c => Task.Factory.StartNew(
            () => Talk(c), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        _server.Settle();
        Assert.That(answered.Sum(), Is.EqualTo(Connections * Each));
        Assert.That(answered.Skip(500).Sum(), Is.Zero, "none is the server's fault");
        Assert.That(answered[400], Is.GreaterThan(Each));
        Assert.That(answered[404], Is.GreaterThan(0));
        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(16 << 20));
    }

    [Test]
    public void Bytes_that_are_no_http()
    {
        var random = new Random(11);
        for (int i = 0; i < 200; i++)
        {
            using var client = new RawClient(_server.Port);
            byte[] bytes = new byte[random.Next(1, 2000)];
            random.NextBytes(bytes);
            try
            {
                client.Send(bytes);
                client.EndSending();
            }
            catch (IOException)
            {
                // It was refused after the first of them.
            }

            client.ReadToEnd(out _);
        }
    }

    private static string ImageHead() =>
        RawClient.Head("/v2/models/image/infer", Image.Length + ImageBytes, $"{InferenceHeaders.JsonLength}: {Image.Length}\r\n") + Image;

    private static void Leave(RawClient client, bool reset)
    {
        if (reset)
        {
            client.Cut();
        }
    }

    /// <summary>A good request with bytes changed, taken out, doubled, or cut; for some, another path or header length.</summary>
    private static byte[] Garbage(Random random)
    {
        List<byte> body = [.. Encoding.ASCII.GetBytes(Good)];
        for (int i = random.Next(1, 6); i > 0 && body.Count > 0; i--)
        {
            int at = random.Next(body.Count);
            switch (random.Next(5))
            {
                case 0:
                    body[at] = (byte)random.Next(256);
                    break;
                case 1:
                    body.RemoveAt(at);
                    break;
                case 2:
                    body.InsertRange(at, body.GetRange(at, Math.Min(random.Next(20), body.Count - at)));
                    break;
                case 3:
                    body.RemoveRange(at, body.Count - at);
                    break;
                default:
                    body[at] = (byte)"[]{}\",:0-eE.\\tfn"[random.Next(16)];
                    break;
            }
        }

        string path = random.Next(20) == 0 ? "/v2/models/nosuch/infer" : "/v2/models/addone/infer";
        string header = random.Next(10) == 0 ? $"{InferenceHeaders.JsonLength}: {random.Next(200)}\r\n" : "";
        return [.. Encoding.ASCII.GetBytes(RawClient.Head(path, body.Count, header)), .. body];
    }
}
