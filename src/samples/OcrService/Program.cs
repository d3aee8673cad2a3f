using OcrService.Hosting;

await using WebApplication app = OcrApplication.Create(args);
await app.RunAsync();
