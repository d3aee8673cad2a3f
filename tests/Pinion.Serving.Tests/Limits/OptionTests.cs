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

    [Test]
    public async Task All_wrong_options_are_told_at_once()
    {
        var options = new ServerOptions
        {
            Port = 70_000,
            MaxConnections = 0,
            MinBytesPerSecond = 0,
            DataRateGrace = TimeSpan.FromSeconds(1),
            HeadersTimeout = TimeSpan.FromDays(10),
            KeepAliveTimeout = TimeSpan.FromHours(2),
        };
        (options.Serving.MaxConcurrentRequests, options.Serving.ApiKeys) = (0, ["short"]);

        ArgumentException error = (await Assert.ThrowsAsync<ArgumentException>(() => PinionServer.StartAsync(new InferenceModels(), options)))!;

        Assert.That(error.Message.Split(Environment.NewLine), Is.EqualTo(new[]
        {
            "Port is 70000; it must be 0 to 65535. 0 takes a free one.",
            "MaxConnections is 0; it must be at least 1.",
            "MinBytesPerSecond is 0; it must be above zero.",
            "DataRateGrace is 00:00:01; it must be above 00:00:01. Write 00:00:05 for 5 s.",
            "HeadersTimeout is 10.00:00:00; it may be 01:00:00 at most. A number alone counts days: write 00:00:10 for 10 s.",
            "KeepAliveTimeout is 02:00:00; it may be 01:00:00 at most. Write 00:00:02 for 2 s.",
            "MaxConcurrentRequests is 0; it must be at least 1.",
            "The key in ApiKeys[0] has 5 characters; it must have 16 or more.",
        }));
    }
}
