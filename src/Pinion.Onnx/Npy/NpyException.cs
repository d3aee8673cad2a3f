namespace Pinion.Cli.Npy;

/// <summary>A file is not a .npy file that can be read here; the message names the file and what is wrong with it.</summary>
internal sealed class NpyException(string message) : Exception(message);
