using OcrService;

await using WebApplication app = OcrApplication.Create(args);
await app.RunAsync();
