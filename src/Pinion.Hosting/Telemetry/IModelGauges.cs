namespace Pinion.Hosting;

/// <summary>What the gauges tell of a model. Threads: any.</summary>
internal interface IModelGauges
{
    string Name { get; }

    ModelState State { get; }

    ModelStatistics Statistics { get; }
}
