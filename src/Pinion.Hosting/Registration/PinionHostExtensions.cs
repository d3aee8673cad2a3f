using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Runs a host as a program.</summary>
public static partial class PinionHostExtensions
{
    /// <summary>
    /// Starts the host, runs it until it is asked to stop, and disposes it, as <c>RunAsync</c> does; but a start that fails ends with an exit code instead of
    /// an exception that nobody catches. The log has why: the problems alone where options are wrong or a model does not load, the exception where it is another.
    /// </summary>
    /// <returns>1 where the start failed; else 0, or what the service set <see cref="Environment.ExitCode"/> to.</returns>
    /// <param name="host">A host of any kind, with <c>AddPinion</c> or without.</param>
    /// <param name="cancellationToken">Stops the host; its exit code is 0 then, while it starts too.</param>
    public static async Task<int> RunToExitCodeAsync(this IHost host, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        try
        {
            if (!await StartAsync(host, cancellationToken).ConfigureAwait(false))
            {
                return 1;
            }

            await host.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
            return Environment.ExitCode;
        }
        finally
        {
            // The loggers write what they still have.
            if (host is IAsyncDisposable disposable)
            {
                await disposable.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                host.Dispose();
            }
        }
    }

    private static async Task<bool> StartAsync(IHost host, CancellationToken cancellationToken)
    {
        CancellationToken stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        try
        {
            // The host does it too, but would log a stack trace with the problems.
            host.Services.GetService<IStartupValidator>()?.Validate();
        }
        catch (Exception e)
        {
            IEnumerable<Exception> errors = e is AggregateException several ? several.InnerExceptions : [e];
            string problems = string.Join(Environment.NewLine, errors.Select(Describe));
            ILogger logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Pinion.Hosting");
            LogNotStarted(logger, problems);
            return false;
        }

        try
        {
            await host.StartAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested || cancellationToken.IsCancellationRequested)
        {
            // Asked to stop while it started.
            return true;
        }
        catch (Exception)
        {
            // The host has logged it.
            return false;
        }
    }

    private static string Describe(Exception error) =>
        error is OptionsValidationException options ? string.Join(Environment.NewLine, options.Failures) : error.ToString();

    [LoggerMessage(Level = LogLevel.Critical, Message = "The service does not start:\n{Problems}")]
    private static partial void LogNotStarted(ILogger logger, string problems);
}
