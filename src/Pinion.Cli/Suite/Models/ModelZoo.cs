namespace Pinion.Cli.Suite.Models;
internal sealed class ModelZoo : IModelZoo
{
    public IReadOnlyList<string> Names => [];
    public SuiteModel Describe(string name) => throw new NotSupportedException();
    public void Export(string name, string path, ulong seed, CancellationToken token) => throw new NotSupportedException();
}
internal sealed class ModelCounter : IModelCounter
{
    public ModelCounts Count(string file, IReadOnlyDictionary<string, long[]> shapes) => throw new InvalidDataException();
}
