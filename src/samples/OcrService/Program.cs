using OcrService;

return await OcrApplication.Create(args).RunToExitCodeAsync();
