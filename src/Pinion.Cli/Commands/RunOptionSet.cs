using System.CommandLine;
using System.Globalization;

namespace Pinion.Cli;

/// <summary>The options that say with which shapes and values an engine runs; run and bench share them.</summary>
internal sealed class RunOptionSet
{
    private readonly Option<string[]> _shapes = new("--shapes")
    {
        Description = "Input shapes, x:1x3x224x224,y:1x10 (default: a plan's opt shapes, a .npy file's shape, or the model's with batch 1).",
        HelpName = "SHAPES",
    };

    private readonly Option<int?> _profileIndex = new("--profile-index") { Description = "Optimization profile of a plan (default: the first that holds the shapes).", HelpName = "N" };
    private readonly Option<string[]> _input = new("--input") { Description = "Values of one input; repeat for several. Inputs not given are drawn from the seed.", HelpName = "NAME=FILE.npy" };
    private readonly Option<ulong> _seed = new("--seed") { Description = "Seed of the values that are drawn, the same on every machine.", HelpName = "N", DefaultValueFactory = _ => 0 };
    private readonly Option<string> _batch;

    public RunOptionSet(string batchDescription)
    {
        _batch = new Option<string>("--batch") { Description = batchDescription, HelpName = "N[,N...]" };
    }

    public void AddTo(Command command)
    {
        command.Add(_shapes);
        command.Add(_batch);
        command.Add(_profileIndex);
        command.Add(_input);
        command.Add(_seed);
    }

    public InputValues Values(ParseResult result) => InputValues.FromOptions(result.GetValue(_input) ?? [], result.GetValue(_seed));

    public ShapeRequest Shapes(ParseResult result)
    {
        string[] shapes = result.GetValue(_shapes) ?? [];
        IReadOnlyList<int> batches = result.GetValue(_batch) is { } text ? ParseBatches(text) : [];
        return new ShapeRequest(shapes.Length == 0 ? [] : ShapeText.ParseList(string.Join(',', shapes), "--shapes"), batches, result.GetValue(_profileIndex));
    }

    internal static IReadOnlyList<int> ParseBatches(string text)
    {
        var batches = new List<int>();
        foreach (string part in text.Split(','))
        {
            if (!int.TryParse(part.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int batch) || batch < 1)
            {
                throw new UsageException($"--batch '{part}' is no batch size; write whole numbers from 1, such as 1,4,8.");
            }

            if (batches.Contains(batch))
            {
                throw new UsageException($"--batch {text} has {batch} twice.");
            }

            batches.Add(batch);
        }

        return batches;
    }
}
