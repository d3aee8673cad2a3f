using System.Runtime.InteropServices;

namespace Pinion.Cli;

/// <summary>
/// Ctrl-C: asks the work to stop, and ends the process if it cannot. A second Ctrl-C ends it at once. Either way a file that
/// is being put in its place is finished first.
/// </summary>
internal sealed class Interrupt : IDisposable
{
    private static readonly Lock Placing = new();

    private readonly CancellationTokenSource _source = new();
    private readonly ManualResetEventSlim _finished = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    public Interrupt()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
    }

    /// <summary>How long the work may take to stop. TensorRT before version 10 does not stop inside its optimization, which takes minutes.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(2);

    public CancellationToken Token => _source.Token;

    /// <summary>While held, the process is not ended by a signal.</summary>
    public static IDisposable Shield() => new Held();

    public void Dispose()
    {
        _finished.Set();
        _interrupt.Dispose();
        _terminate.Dispose();
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        bool first = !_source.IsCancellationRequested;
        if (first)
        {
            _source.Cancel();
            if (_finished.Wait(Patience))
            {
                context.Cancel = true;
                return;
            }

            string newLine = Console.IsErrorRedirected ? "" : "\n";
            Console.Error.WriteLine(newLine + "pinion: the work does not stop at this point; the process is ended. No file was left half-written.");
        }
        // Not released: no file may be begun once the process is on its way out.
        Placing.Enter();
        ScratchFolder.DeleteAll();
        OutputFile.DeleteAll();
        context.Cancel = false;
    }

    private sealed class Held : IDisposable
    {
        public Held() => Placing.Enter();

        public void Dispose() => Placing.Exit();
    }
}
