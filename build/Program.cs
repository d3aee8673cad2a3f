using Pinion.Build;

try
{
    return Verbs.Run(args);
}
catch (BuildException e)
{
    Console.Error.WriteLine($"build: {e.Message}");
    return e.ExitCode;
}
