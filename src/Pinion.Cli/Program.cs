using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Pinion.Cli;

internal static class Program
{
    private static int Main(string[] args)
    {
        // Answered before anything else is touched: no console encoding, no parser, no native library.
        if (args.Length == 1 && args[0] == "--version")
        {
            return PrintVersion();
        }

        return Start(args);
    }

    private static int PrintVersion()
    {
        if (OperatingSystem.IsWindows())
        {
            return PrintVersionThroughConsole();
        }

        try
        {
            using var output = new SafeFileHandle(1, ownsHandle: false);
            using var stream = new FileStream(output, FileAccess.Write, bufferSize: 0);
            stream.Write(Encoding.ASCII.GetBytes(VersionConstant.Text + "\n"));
            // A FileStream writes to a file at an offset of its own; asking for the handle moves the one that others share.
            _ = stream.SafeFileHandle;
            return ExitCode.Done;
        }
        catch (IOException)
        {
            return ExitCode.Failed;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int PrintVersionThroughConsole()
    {
        Console.Out.WriteLine(VersionConstant.Text);
        return ExitCode.Done;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Start(string[] args)
    {
        return args.Length > 0 && args[0] == "trtexec" ? TrtExecCommand.Run(args.AsSpan(1)) : CommandLine.Run(args);
    }
}
