using Pinion;
using Pinion.TestSupport;

// Touches every part that reflection or trimming could break: JSON, callbacks, async, the pool, errors.
var phases = new List<string>();
using Plan plan = await EngineBuilder.BuildAsync(
    TestModels.AddOne.ToBytes(),
    new EngineBuildOptions { Profiles = [OptimizationProfile.Parse("x:min=1x4,opt=4x4,max=16x4")] },
    progress: new Collector(phases));
using var engine = Engine.Load(plan);
using SessionPool pool = engine.CreatePool(2);
using SessionLease lease = await pool.RentAsync();
Session session = lease.Session;
session.SetBatch(2);
session.Input<float>("x").Fill(41);
await session.RunAsync();
IsolatedBuild isolated = await EngineBuilder.BuildIsolatedAsync(
    TestModels.AddOne.ToBytes(), new EngineBuildOptions { Profiles = [OptimizationProfile.Parse("x:min=1x4,opt=4x4,max=16x4")] });
using Plan there = isolated.Plan;
string wrong = "";
try
{
    session.Input<float>("z");
}
catch (ArgumentException e)
{
    wrong = e.Message;
}

Console.WriteLine($"{PinionRuntime.Info.Sdk} {session.Output<float>("y")[7]} {plan.Description.Profiles[0]} {phases.Count > 0} {wrong.Length > 0} {there.Description.Sdk == isolated.Sdk}");

internal sealed class Collector(List<string> phases) : IProgress<BuildProgress>
{
    public void Report(BuildProgress value) => phases.Add(value.Phase);
}
