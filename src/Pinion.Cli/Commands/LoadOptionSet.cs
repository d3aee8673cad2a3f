using System.CommandLine;

namespace Pinion.Cli;

/// <summary>The options that say how a plan is loaded, where a command loads it only to look into it.</summary>
/// <param name="deviceFor">What the device is for, in the option's help.</param>
internal sealed class LoadOptionSet(string deviceFor)
{
    private readonly Option<int> _device = new("--device") { Description = $"Device number, {deviceFor}.", HelpName = "N", DefaultValueFactory = _ => 0 };
    private readonly Option<string[]> _plugins = new("--plugins") { Description = "TensorRT plugin library; repeat for several.", HelpName = "FILE" };
    private readonly Option<bool> _allowHostCode = BuildOptionSet.HostCodeOption();

    public void AddTo(Command command)
    {
        command.Add(_device);
        command.Add(_plugins);
        command.Add(_allowHostCode);
    }

    public EngineLoadOptions Read(ParseResult result) => new() { Device = result.GetValue(_device), PluginLibraries = result.GetValue(_plugins) ?? [], AllowHostCode = result.GetValue(_allowHostCode) };
}
