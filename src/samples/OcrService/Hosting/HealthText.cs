using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace OcrService.Hosting;

/// <summary>The state in the first line, as without this, and why in the next.</summary>
internal static class HealthText
{
    public static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        IEnumerable<string> lines = report.Entries.Values.Select(e => e.Description).OfType<string>().Prepend(report.Status.ToString());
        return context.Response.WriteAsync(string.Join('\n', lines), context.RequestAborted);
    }
}
