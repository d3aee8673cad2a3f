using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pinion.Benchmarking.Tests;

/// <summary>One page of a browser, driven over its DevTools protocol; events gather until they are asked for.</summary>
internal sealed class DevTools : IAsyncDisposable
{
    // A guard against a hang, not a measure.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> _waiting = new();
    private readonly ConcurrentQueue<(string Method, JsonNode Parameters)> _events = new();
    private readonly SemaphoreSlim _sending = new(1);
    private Task _reading = Task.CompletedTask;
    private string? _session;
    private string? _target;
    private int _lastId;

    private DevTools()
    {
    }

    /// <summary>Opens an empty page in the browser that listens at <paramref name="browser"/>.</summary>
    public static async Task<DevTools> OpenPage(Uri browser)
    {
        var tools = new DevTools();
        await tools._socket.ConnectAsync(browser, CancellationToken.None).WaitAsync(Patience);
        tools._reading = Task.Run(tools.Read);
        tools._target = (string)(await tools.Send("Target.createTarget", new() { ["url"] = "about:blank" }))["targetId"]!;
        tools._session = (string)(await tools.Send("Target.attachToTarget", new() { ["targetId"] = tools._target, ["flatten"] = true }))["sessionId"]!;
        foreach (string domain in new[] { "Page", "Runtime", "Log", "Network" })
        {
            await tools.Send($"{domain}.enable");
        }
        return tools;
    }

    public IReadOnlyList<(string Method, JsonNode Parameters)> Events => [.. _events];

    public async Task<JsonNode> Send(string method, JsonObject? parameters = null)
    {
        int id = Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = answer;
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (_session is not null)
        {
            message["sessionId"] = _session;
        }
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
        return await answer.Task.WaitAsync(Patience);
    }

    /// <summary>Goes to a page and waits until it is loaded and painted twice.</summary>
    public async Task Navigate(Uri page)
    {
        await Send("Page.navigate", new() { ["url"] = page.AbsoluteUri });
        DateTime end = DateTime.UtcNow + Patience;
        // The blank page that a tab opens with fires the event as well, and it may come late.
        while (!_events.Any(e => e.Method == "Page.loadEventFired")
            || !(bool)(await Evaluate("location.href !== 'about:blank' && document.readyState === 'complete'"))!)
        {
            Assert.That(DateTime.UtcNow, Is.LessThan(end), $"{page} does not load");
            await Task.Delay(20);
        }
        await Settle();
    }

    public Task Settle() => Evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))");

    /// <summary>What a JavaScript expression, or the promise it gives, comes to.</summary>
    public async Task<JsonNode?> Evaluate(string expression)
    {
        JsonNode answer = await Send("Runtime.evaluate", new() { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        Assert.That(answer["exceptionDetails"], Is.Null, () => $"{expression}\n{answer["exceptionDetails"]}");
        return answer["result"]!["value"];
    }

    public async Task<byte[]> Screenshot(bool wholePage) =>
        Convert.FromBase64String((string)(await Send("Page.captureScreenshot", new() { ["format"] = "png", ["captureBeyondViewport"] = wholePage }))["data"]!);

    public async Task<byte[]> Pdf() => Convert.FromBase64String((string)(await Send("Page.printToPDF", new() { ["printBackground"] = true, ["preferCSSPageSize"] = true }))["data"]!);

    public Task SetViewport(int width, int height, bool mobile) => Send(
        "Emulation.setDeviceMetricsOverride", new() { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = mobile ? 2 : 1, ["mobile"] = mobile });

    public Task SetColorScheme(string scheme) => Send(
        "Emulation.setEmulatedMedia", new() { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }) });

    public async ValueTask DisposeAsync()
    {
        if (_socket.State == WebSocketState.Open && _target is not null)
        {
            _session = null;
            await Send("Target.closeTarget", new() { ["targetId"] = _target });
        }
        _socket.Abort();
        await _reading;
        _socket.Dispose();
        _sending.Dispose();
    }

    private async Task Read()
    {
        byte[] buffer = new byte[1 << 16];
        using var message = new MemoryStream();
        try
        {
            while (true)
            {
                WebSocketReceiveResult part = await _socket.ReceiveAsync(buffer, CancellationToken.None);
                message.Write(buffer, 0, part.Count);
                if (!part.EndOfMessage)
                {
                    continue;
                }
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely);
                }
                JsonNode node = JsonNode.Parse(message.GetBuffer().AsSpan(0, (int)message.Length))!;
                message.SetLength(0);
                if (node["id"] is not { } id)
                {
                    _events.Enqueue(((string)node["method"]!, node["params"]!));
                }
                else if (_waiting.TryRemove((int)id, out TaskCompletionSource<JsonNode>? answer))
                {
                    if (node["error"] is { } error)
                    {
                        answer.SetException(new InvalidOperationException(error.ToJsonString()));
                    }
                    else
                    {
                        answer.SetResult(node["result"]!);
                    }
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            foreach (TaskCompletionSource<JsonNode> answer in _waiting.Values)
            {
                answer.TrySetException(new InvalidOperationException("the browser went away", e));
            }
        }
    }
}
