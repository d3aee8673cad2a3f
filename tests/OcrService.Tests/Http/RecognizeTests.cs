using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pinion.Hosting;

namespace OcrService.Tests;

/// <summary>The sample as its clients see it.</summary>
public sealed class RecognizeTests
{
    private Service _service = null!;

    [OneTimeSetUp]
    public async Task Start() => _service = await Service.StartAsync();

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_service is not null)
        {
            await _service.DisposeAsync();
        }
    }

    [TestCase("TEAR 123")]
    [TestCase("LATCH 2457")]
    [TestCase("NEW LEAD")]
    public async Task A_drawn_line_is_recognised(string text)
    {
        RecognizedLine line = await _service.RecognizeAsync(BitmapFont.DrawPng(text));

        TestContext.Out.WriteLine(line);
        Assert.That(line.Text, Is.EqualTo(text));
        Assert.That(line.Confidence, Is.InRange(0.5, 1));
        Assert.That(line.Timings.BatchSize, Is.InRange(1, 4));
        Assert.That(line.Timings.InferenceMs, Is.Positive);
    }

    [Test]
    public async Task Concurrent_lines_share_batches_and_get_their_own_text()
    {
        string[] texts = ["TEAR 123", "NEW LEAD", "LATCH 2457", "CARED 35"];
        byte[][] images = [.. texts.Select(t => BitmapFont.DrawPng(t))];
        string[] alone = [.. await Task.WhenAll(images.Select(async i => (await _service.RecognizeAsync(i)).Text))];

        RecognizedLine[] lines = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => _service.RecognizeAsync(images[i % images.Length])));

        for (int i = 0; i < lines.Length; i++)
        {
            Assert.That(lines[i].Text, Is.EqualTo(alone[i % images.Length]));
        }

        Assert.That(lines.Max(l => l.Timings.BatchSize), Is.GreaterThan(1), "64 at once and two instances");
    }

    [Test]
    public async Task Bad_images_are_refused_and_do_no_harm()
    {
        byte[] good = BitmapFont.DrawPng("TEAR 123");
        byte[] bomb = PngWriter.Join(PngWriter.Header(60_000, 60_000, 3), PngWriter.Data(new byte[1000]));

        Assert.That(await _service.RefusedAsync(good[..^20]), Is.EqualTo((400, "The PNG is damaged: it ends early.")));
        (int status, string detail) = await _service.RefusedAsync(bomb);
        Assert.That(status, Is.EqualTo(413));
        Assert.That(detail, Does.Contain("60000 x 60000 pixels"));
        Assert.That((await _service.RefusedAsync("GIF89a"u8.ToArray())).Status, Is.EqualTo(415));
        Assert.That((await _service.RefusedAsync([])).Status, Is.EqualTo(400));
        Assert.That((await _service.RefusedAsync(new byte[(4 << 20) + 1])).Status, Is.EqualTo(413));
        Assert.That((await _service.RecognizeAsync(good)).Text, Is.EqualTo("TEAR 123"));
    }

    [Test]
    public async Task A_line_of_any_proportions_is_taken()
    {
        byte[] thin = PngWriter.Write(1, 500, 1, new byte[500]);
        byte[] flat = PngWriter.Write(4000, 1, 1, new byte[4000]);

        Assert.That((await _service.RecognizeAsync(thin)).Confidence, Is.InRange(0, 1));
        Assert.That((await _service.RecognizeAsync(flat)).Confidence, Is.InRange(0, 1));
    }

    [Test]
    public async Task Wrong_methods_and_paths_are_refused()
    {
        using HttpResponseMessage get = await _service.Client.GetAsync(new Uri("/recognize", UriKind.Relative));
        using HttpResponseMessage elsewhere = await _service.Client.GetAsync(new Uri("/elsewhere", UriKind.Relative));

        Assert.That((int)get.StatusCode, Is.EqualTo(405));
        Assert.That((int)elsewhere.StatusCode, Is.EqualTo(404));
    }

    [Test]
    public async Task Probes_tell_that_it_lives_and_is_ready()
    {
        Assert.That(await _service.Client.GetStringAsync(new Uri("/health/live", UriKind.Relative)), Is.EqualTo("Healthy"));
        Assert.That(await _service.Client.GetStringAsync(new Uri("/health/ready", UriKind.Relative)), Is.EqualTo("Healthy"));
    }

    [Test]
    public async Task What_was_accepted_is_answered_when_the_service_stops()
    {
        await using Service service = await Service.StartAsync();
        byte[] image = BitmapFont.DrawPng("TEAR 123");
        InferenceModel model = service.Application.Services.GetRequiredKeyedService<InferenceModel>("rec");
        Task<HttpResponseMessage>[] requests = [.. Enumerable.Range(0, 24).Select(_ => service.PostAsync(image))];

        // All are in the service when it is told to stop, most of them waiting.
        int In(ModelStatistics now) => now.Waiting + now.Running + (int)now.Succeeded;
        while (In(model.Statistics) < requests.Length)
        {
            await Task.Yield();
        }

        await service.Application.Services.GetRequiredService<IHost>().StopAsync();

        foreach (Task<HttpResponseMessage> request in requests)
        {
            using HttpResponseMessage response = await request;
            Assert.That((int)response.StatusCode, Is.EqualTo(200));
        }

        Assert.That(model.Statistics.Succeeded, Is.EqualTo(requests.Length));
        Assert.That(model.State, Is.EqualTo(ModelState.Stopped));
    }
}
