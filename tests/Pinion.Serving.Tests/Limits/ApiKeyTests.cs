using System.Net;
using Pinion.TestSupport;

namespace Pinion.Serving.Tests;

public sealed class ApiKeyTests
{
    private const string Key = "0123456789abcdef";
    private const string Other = "fedcba9876543210";

    [Test]
    public async Task Keys_are_asked_for_except_for_health()
    {
        await using TestServer server = await TestServer.StartAsync(o => o.Serving.ApiKeys = [Other, Key], TestPlans.AddOne);
        foreach (string path in new[] { "/v2/health/live", "/v2/health/ready", "/v2/models/addone/ready" })
        {
            (await server.GetAsync(path)).Must(HttpStatusCode.OK);
        }

        foreach (string path in new[] { "/v2", "/v2/models/addone", "/v2/models/nosuch", "/metrics" })
        {
            Answer refused = (await server.GetAsync(path)).Must(HttpStatusCode.Unauthorized, "needs a key");
            Assert.That(refused.Response.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer"));
        }

        (await server.PostAsync("/v2/models/addone/infer", "{}")).Must(HttpStatusCode.Unauthorized);
        (await server.PostAsync("/v2/repository/index", "")).Must(HttpStatusCode.Unauthorized);
        (await server.PostAsync("/v2/models/addone/infer", "{}", ("Authorization", $"Bearer {Key}"))).Must(HttpStatusCode.BadRequest);
        (await server.PostAsync("/v2/models/addone/infer", "{}", ("Authorization", $"bearer {Other}"))).Must(HttpStatusCode.BadRequest);
        (await server.PostAsync("/v2/models/addone/infer", "{}", ("x-api-key", Key))).Must(HttpStatusCode.BadRequest);
        foreach ((string, string) wrong in new[]
        {
            ("Authorization", Key), ("Authorization", $"Basic {Key}"), ("Authorization", $"Bearer {Key}0"), ("Authorization", "Bearer"), ("x-api-key", Key[..^1]), ("x-api-key", ""),
            ("x-api-key", new string('k', 2000)),
        })
        {
            (await server.PostAsync("/v2/models/addone/infer", "{}", wrong)).Must(HttpStatusCode.Unauthorized);
        }
    }

    [Test]
    public void A_key_that_is_none_is_refused_at_the_start([Values("", "short")] string key) => Assert.That(
        async () => await TestServer.StartAsync(o => o.Serving.ApiKeys = [Key, key], TestPlans.AddOne),
        Throws.ArgumentException.With.Message.Contains("ApiKeys[1]"));

    [Test]
    public void Files()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["keys"], $"# production\n\n  {Key}  \r\n{Other}\n");
        Assert.That(ApiKeyFile.Read(folder["keys"]), Is.EqualTo(new[] { Key, Other }));
        File.WriteAllText(folder["none"], "# nothing\n");
        Assert.That(() => ApiKeyFile.Read(folder["none"]), Throws.ArgumentException.With.Message.Contains("has no key"));
        File.WriteAllText(folder["short"], "\nsecret\n");
        Assert.That(() => ApiKeyFile.Read(folder["short"]), Throws.ArgumentException.With.Message.Contains("line 2").And.Message.Not.Contains("secret"));
        File.WriteAllText(folder["odd"], "0123456789 abcdef\n");
        Assert.That(() => ApiKeyFile.Read(folder["odd"]), Throws.ArgumentException.With.Message.Contains("ASCII"));
    }
}
