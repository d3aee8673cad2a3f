namespace Pinion.Cli.TrtExec;
internal static class TrtExecCommand { public static int Run(ReadOnlySpan<string> args) => 0; }
