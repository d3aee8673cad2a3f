using System.Reflection;
using Pinion.Hosting;

namespace Pinion.Serving.Tests;

public sealed class OptionTests
{
    /// <summary>Every option that there is, set to something else than its default, reaches the endpoints. One that is new and not known here fails.</summary>
    [Test]
    public async Task No_option_is_lost_on_the_way_to_the_endpoints()
    {
        var options = new ServerOptions { Port = 0 };
        var fresh = new ServingOptions();
        var given = new Dictionary<string, object?>();
        foreach (PropertyInfo property in typeof(ServingOptions).GetProperties())
        {
            object? other = property.GetValue(fresh) switch
            {
                int number => number + 1,
                long number => number + 1,
                string text => text + "2",
                IList<string> => (string[])["a-key-of-sixteen-characters"],
                var value => throw new NotSupportedException($"{property.Name} is {value}: give another value here"),
            };
            property.SetValue(options.Serving, other);
            given.Add(property.Name, other);
        }

        await using PinionServer server = await PinionServer.StartAsync(new InferenceModels(), options);
        Assert.That(given, Is.Not.Empty);
        foreach (PropertyInfo property in typeof(ServingOptions).GetProperties())
        {
            Assert.That(property.GetValue(server.Options), Is.EqualTo(given[property.Name]), property.Name);
        }
    }
}
