using System.Net;
using System.Net.Sockets;
using Pinion.TestSupport;

namespace Pinion.Serving.Tests;

/// <summary><c>pinion serve</c> as users start it.</summary>
[Platform(Exclude = "Win")]
public sealed class ServeTests
{
    private const string Good = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";
    private const string OutputData = "[2,3,4,5]";

    [Test]
    public async Task Serves_until_it_is_told([Values("TERM", "INT")] string signal)
    {
        using var served = ServeProcess.Start([], TestPlans.AddOne, "--model", $"other={TestPlans.AddOne}");
        Assert.That(served.Document.GetProperty("url").GetString(), Does.StartWith("http://127.0.0.1:"));
        Assert.That(served.Document.GetProperty("models").EnumerateArray().Select(m => m.GetProperty("name").GetString()), Is.EqualTo(new[] { "addone", "other" }));
        Assert.That((await Get(served, "/v2/health/ready")).Status, Is.EqualTo(HttpStatusCode.OK));
        foreach (string model in new[] { "addone", "other" })
        {
            Answer answer = await Infer(served, model);
            Assert.That(answer.Must(HttpStatusCode.OK).Json.GetProperty("outputs")[0].GetProperty("data").GetRawText(), Is.EqualTo(OutputData));
        }

        served.Signal(signal);
        Assert.That(served.WaitForExit(), Is.Zero, served.Errors);
        Assert.That(served.Errors, Does.EndWith("stopped\n"));
    }

    /// <summary>Loading takes long where the device does: whoever stops the server then has stopped it like any other.</summary>
    [Test]
    public void Stops_while_it_loads()
    {
        using var served = ServeProcess.Begin([("PINION_HOST_TENSORRT_FAULTS", "enqueue_delay=200000")], TestPlans.AddOne);
        served.WaitFor("loading model addone");
        served.Signal("TERM");
        Assert.That(served.WaitForExit(), Is.Zero, served.Errors);
        Assert.That(served.Errors, Does.EndWith("stopped before every model was loaded\n"));
    }

    /// <summary>A signal that is not handled ends the process; it must not leave one that refuses everything.</summary>
    [Test]
    public void Other_signals_do_what_they_do()
    {
        using var served = ServeProcess.Start([], TestPlans.AddOne);
        served.Signal("QUIT");
        Assert.That(served.WaitForExit(), Is.Not.Zero);
    }

    [Test]
    public void A_wrong_repository_is_no_internal_error()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["rec/1"]);
        File.WriteAllText(folder["rec/config.pbtxt"], "max_batch_size: many");
        (int code, _, string errors) = ServeProcess.Run([], folder.Path);
        Assert.That(code, Is.EqualTo(1), errors);
        Assert.That(errors, Does.Contain("config.pbtxt:1").And.Not.Contain("internal error"));
    }

    [Test]
    public async Task Keys_from_a_file()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["keys"], "0123456789abcdef\n");
        using var served = ServeProcess.Start([], TestPlans.AddOne, "--api-key-file", folder["keys"]);
        Assert.That((await Infer(served, "addone")).Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        served.Client.DefaultRequestHeaders.Add("Authorization", "Bearer 0123456789abcdef");
        Assert.That((await Infer(served, "addone")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(served.Errors + served.Document, Does.Not.Contain("0123456789abcdef"));
    }

    /// <summary>Of several versions the newest is served, and the others are named as not served.</summary>
    [Test]
    public async Task Repositories()
    {
        using var folder = new TemporaryFolder();
        foreach (string version in new[] { "2", "10" })
        {
            Directory.CreateDirectory(folder[$"rec/{version}"]);
            File.Copy(TestPlans.AddOne, folder[$"rec/{version}/model.plan"]);
        }

        using var served = ServeProcess.Start([], folder.Path);
        Answer metadata = await Get(served, "/v2/models/rec");
        Assert.That(metadata.Json.GetProperty("versions").GetRawText(), Is.EqualTo("""["10"]"""));
        Assert.That((await Get(served, "/v2/models/rec/versions/10/ready")).Status, Is.EqualTo(HttpStatusCode.OK));
        (await Get(served, "/v2/models/rec/versions/2")).Must(HttpStatusCode.NotFound, "Version '2'", "'10'");
        Answer answer = (await Infer(served, "rec")).Must(HttpStatusCode.OK);
        Assert.That(answer.Json.GetProperty("model_version").GetString(), Is.EqualTo("10"));
    }

    /// <summary>Garbage in the place of the plan changes nothing; a good plan is taken up, and no request is lost over either.</summary>
    [Test]
    public async Task Plans_are_replaced_while_serving()
    {
        using var folder = new TemporaryFolder();
        string plan = folder["rec.plan"];
        File.Copy(TestPlans.AddOne, plan);
        using var served = ServeProcess.Start([], plan, "--poll", "0.05");
        using var stop = new CancellationTokenSource();
        int answered = 0;
        string last = "";
        var load = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                last = (await Infer(served, "rec")).Must(HttpStatusCode.OK).Json.GetProperty("outputs")[0].GetProperty("data").GetRawText();
                Interlocked.Increment(ref answered);
            }
        });
        File.WriteAllBytes(folder["garbage"], [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 7))]);
        File.Move(folder["garbage"], plan, overwrite: true);
        served.WaitFor("does not load");
        int before = Volatile.Read(ref answered);
        Assert.That(SpinWait.SpinUntil(() => Volatile.Read(ref answered) > before + 20 || load.IsCompleted, TimeSpan.FromMinutes(1)), Is.True);
        Assert.That(last, Is.EqualTo(OutputData));

        File.Copy(TestPlans.AddTwo, folder["new"]);
        File.Move(folder["new"], plan, overwrite: true);
        Assert.That(SpinWait.SpinUntil(() => last == "[3,4,5,6]" || load.IsCompleted, TimeSpan.FromMinutes(1)), Is.True);
        await stop.CancelAsync();
        await load;
        Assert.That(served.Errors, Does.Contain("rec.plan"));
        served.Signal("TERM");
        Assert.That(served.WaitForExit(), Is.Zero);
    }

    [Test]
    public void Wrong_usage()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["short"], "secret\n");
        File.WriteAllText(folder["bad name!.plan"], "");
        File.WriteAllText(folder["garbage.plan"], "no plan");
        string plan = TestPlans.AddOne;
        Fails(2, "There is no model to serve");
        Fails(2, "would both be model 'addone'", plan, plan);
        Fails(2, "would both be model 'addone'", plan, "--model", $"addone={plan}");
        Fails(2, "not of the form NAME=PLAN", "--model", plan);
        Fails(2, "cannot be a model's name", folder["bad name!.plan"]);
        Fails(2, "--host 'example' is no address", plan, "--host", "example");
        Fails(2, "--port 70000 is out of range", plan, "--port", "70000");
        Fails(2, "--max-concurrent 0 is out of range", plan, "--max-concurrent", "0");
        Fails(2, "--max-request-bytes", plan, "--max-request-bytes", "much");
        Fails(2, "choose one", plan, "--max-delay", "1", "--latency-target", "5");
        Fails(2, "it must have 16 or more", plan, "--api-key-file", folder["short"]);
        Fails(2, "no list of different devices", plan, "--devices", "0,0");
        Fails(1, "does not exist", folder["none.plan"]);
        Fails(1, "garbage.plan", folder["garbage.plan"]);
        Fails(2, "", plan, "--max-batch", "99");
    }

    [Test]
    public void A_port_in_use()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Fails(1, "in use", TestPlans.AddOne, "--port", $"{((IPEndPoint)listener.LocalEndPoint!).Port}");
    }

    private static void Fails(int code, string fragment, params string[] args)
    {
        (int exitCode, string output, string errors) = ServeProcess.Run([], args);
        Assert.That(exitCode, Is.EqualTo(code), errors);
        Assert.That(errors, Does.Contain(fragment).And.Not.Contain("   at "));
        Assert.That(output, Is.Empty);
    }

    private static async Task<Answer> Get(ServeProcess served, string path) => await Answer.ReadAsync(await served.Client.GetAsync(path));

    private static async Task<Answer> Infer(ServeProcess served, string model)
    {
        using var content = new StringContent(Good);
        return await Answer.ReadAsync(await served.Client.PostAsync($"/v2/models/{model}/infer", content));
    }
}
