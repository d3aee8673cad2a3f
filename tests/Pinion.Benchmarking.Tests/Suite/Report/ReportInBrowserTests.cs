using System.Reflection;
using Microsoft.Playwright;
using Pinion.TestSupport;

namespace Pinion.Benchmarking.Tests;

/// <summary>The page in headless Chromium. Pictures of the example run stay in artifacts/suite-report for whoever works on the page.</summary>
public sealed class ReportInBrowserTests
{
    private static readonly string[] PageCharts =
    [
        "latency-0", "latency-1", "latency-2", "latency-3", "speedup-chart", "trade-chart", "waterfall-chart", "overhead-chart", "fraction-chart", "roofline-chart",
        "graph-chart", "sessions-chart",
    ];

    private static readonly string Pictures = Path.Combine(
        typeof(ReportInBrowserTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!, "artifacts", "suite-report");

    // A guard against a hang, not a measure.
    private const float PatienceMs = 120_000;

    private readonly TemporaryFolder _folder = new();
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    [OneTimeSetUp]
    public async Task StartBrowser()
    {
        if (Chromium is not { } executable)
        {
            Assert.Ignore("Chromium is not installed (Debian: chromium), and PINION_TEST_CHROMIUM names none.");
            return;
        }

        HtmlReportTests.RequireChartLibrary();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = executable, ChromiumSandbox = false, Args = ["--disable-gpu", "--disable-dev-shm-usage"], Timeout = PatienceMs });
        Directory.CreateDirectory(Pictures);
    }

    [TearDown]
    public async Task ClosePages()
    {
        foreach (IBrowserContext context in _browser?.Contexts ?? [])
        {
            await context.CloseAsync();
        }
    }

    [OneTimeTearDown]
    public async Task StopBrowser()
    {
        await (_browser?.CloseAsync() ?? Task.CompletedTask);
        _playwright?.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task Draws_every_chart_without_errors_or_requests([Values("light", "dark")] string scheme)
    {
        IPage page = await Open(ReportFixture.Full(), "full", scheme: scheme);
        Assert.That(await Charts(page), Is.EquivalentTo(PageCharts));
        Assert.That(await UndrawnCharts(page), Is.Empty);
        Assert.That(await page.EvaluateAsync<string>("document.querySelector('#no-gpu').textContent"), Does.Contain("No GPU was used").And.Contain("V100 and T4"));
        string[] rows = await Texts(page, "[...document.querySelectorAll('#cells tbody tr')].map(r => r.textContent)");
        Assert.That(rows, Has.Length.EqualTo(126).And.All.Contains("no GPU"), "every cell says what it ran on");
        Assert.That(rows.Where(r => r.Contains('×')), Has.Exactly(57).Items.And.All.Contains("other hardware: a CPU, not a V100"));
        Assert.That(rows.Where(r => r.Contains("computed in", StringComparison.Ordinal)), Has.Exactly(61).Items.And.All.Contains("FP16computed in FP32"));
        Assert.That(await Text(page, "document.querySelector('.tiles').textContent"), Does.Not.Contain("ublished"), "no comparison beneath the banner that forbids it");
        Assert.That(await Text(page, "document.querySelector('#latency .key').textContent"), Does.Contain("published for V100 (").And.Contain("published for V100, earlier edition ("));
        Assert.That(await page.EvaluateAsync<bool>("Chart.getChart('roofline-chart').data.datasets[0].data.every(p => p.name.length > 0)"), Is.True, "roofline points have names");
        Assert.That(await page.EvaluateAsync<bool>("Chart.getChart('latency-0').data.datasets[0].data.every(p => p.spread[0] <= p.ms && p.ms <= p.spread[1])"), Is.True, "medians lie in their bars");
        Assert.That(await page.EvaluateAsync<double>(Luminance), scheme == "dark" ? Is.LessThan(.2) : Is.GreaterThan(.8));
        await File.WriteAllBytesAsync(Path.Combine(Pictures, $"{scheme}.png"), await page.ScreenshotAsync(new() { FullPage = true }));
        await AssertClean(page);
    }

    [Test]
    public async Task Charts_follow_the_color_scheme_as_it_changes()
    {
        IPage page = await Open(ReportFixture.Full(), "full");
        string light = await page.EvaluateAsync<string>("document.getElementById('trade-chart').toDataURL()");
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await Settle(page);
        Assert.That(await page.EvaluateAsync<string>("document.getElementById('trade-chart').toDataURL()"), Is.Not.EqualTo(light));
        Assert.That(await UndrawnCharts(page), Is.Empty);
        await AssertClean(page);
    }

    [Test]
    public async Task Headers_sort_by_mouse_and_keyboard()
    {
        IPage page = await Open(ReportFixture.Full(), "full");
        ILocator header = page.Locator("#cells thead th", new() { HasText = "median" }).First;
        const string Medians = "[...document.querySelectorAll('#cells tbody tr')].map(r => r.className === 'failed' ? 'failed' : r.cells[3].textContent.replaceAll(',', ''))";
        Assert.That(await header.GetAttributeAsync("aria-sort"), Is.EqualTo("none"));

        await header.Locator("button").ClickAsync();
        Assert.That(await header.GetAttributeAsync("aria-sort"), Is.EqualTo("ascending"));
        string[] up = await Texts(page, Medians);
        double[] values = [.. up.Where(t => t != "failed").Select(t => double.Parse(t, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.That(values, Has.Length.EqualTo(123));
        Assert.That(values, Is.Ordered.Ascending);
        Assert.That(values[0], Is.LessThan(values[^1]));
        Assert.That(up[^3..], Is.All.EqualTo("failed"), "cells without figures stay below");

        await header.Locator("button").PressAsync("Enter");
        Assert.That(await header.GetAttributeAsync("aria-sort"), Is.EqualTo("descending"));
        string[] down = await Texts(page, Medians);
        Assert.That(down[..123], Is.EqualTo(up[..123].Reverse()));
        Assert.That(down[^3..], Is.All.EqualTo("failed"));
        await AssertClean(page);
    }

    [Test]
    public async Task The_filter_keeps_rows_with_every_word()
    {
        IPage page = await Open(ReportFixture.Full(), "full");
        await page.FillAsync("#cells-filter", "dpn FP16 batch8");
        string[] shown = await Texts(page, "[...document.querySelectorAll('#cells tbody tr')].filter(r => r.checkVisibility()).map(r => r.cells[0].textContent)");
        Assert.That(shown, Is.EquivalentTo(["DPN68", "DPN92", "DPN98", "DPN107", "DPN131"]));
        Assert.That(await Text(page, "document.querySelector('#cells output').textContent"), Is.EqualTo("5 of 126 cells"));
        await AssertClean(page);
    }

    [Test]
    public async Task Radio_buttons_redraw_the_charts()
    {
        IPage page = await Open(ReportFixture.Full(), "full");
        foreach ((string radio, string canvas) in new[] { ("batch-8", "fraction-chart"), ("precision-fp16", "latency-0"), ("axis-false", "trade-chart") })
        {
            string before = await page.EvaluateAsync<string>($"document.getElementById('{canvas}').toDataURL()");
            await page.ClickAsync($"#{radio}");
            await Settle(page);
            Assert.That(await page.EvaluateAsync<string>($"document.getElementById('{canvas}').toDataURL()"), Is.Not.EqualTo(before), radio);
        }

        Assert.That(await UndrawnCharts(page), Is.Empty);
        await AssertClean(page);
    }

    [Test]
    public async Task Every_point_of_every_chart_has_its_tooltip()
    {
        IPage page = await Open(ReportFixture.Full(), "full");
        string[] tips = await Tooltips(page);
        Assert.That(tips, Has.Length.GreaterThan(300));
        Assert.That(tips, Has.Some.StartsWith("latency-0|pcpvt_small|5.740 ms, batch 1|published for V100: other hardware"));
        Assert.That(tips, Has.Some.Match(@"^latency-0\|pcpvt_small\|.* ms, batch 1\|.* ms to .* ms\|measured on Example CPU, synthetic figures$"));
        Assert.That(tips, Has.Some.StartsWith("trade-chart|DPN68|Top-1 76.80 % (published)"));
        Assert.That(tips, Has.Some.Match(@"^waterfall-chart\|DPN68\|compute: .* ms\|wall .* ms\|no garbage collection$"));
        await AssertClean(page);
    }

    [Test]
    public async Task Fits_a_phone()
    {
        IPage page = await Open(ReportFixture.Full(), "full", width: 360, height: 780, mobile: true);
        Assert.That(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), Is.EqualTo(360));
        const string Hidden = "document.querySelector('#cells tbody tr:not(.failed)').cells[3].getBoundingClientRect().right - document.querySelector('#cells .scroll').getBoundingClientRect().right";
        Assert.That(await page.EvaluateAsync<double>(Hidden), Is.LessThanOrEqualTo(0), "the median latency is seen without scrolling");
        Assert.That(await page.EvaluateAsync<int>("Math.ceil(Math.max(...[...document.querySelectorAll('canvas, .card, .tile, h1, h2, .scroll')].map(e => e.getBoundingClientRect().right)))"), Is.LessThanOrEqualTo(360));
        Assert.That(await UndrawnCharts(page), Is.Empty);
        await File.WriteAllBytesAsync(Path.Combine(Pictures, "phone.png"), await page.ScreenshotAsync(new() { FullPage = true }));
        await AssertClean(page);
    }

    [Test]
    public async Task Prints_with_its_charts()
    {
        IPage page = await Open(ReportFixture.Full(), "full", scheme: "dark");
        byte[] pdf = await Pdf(page);
        await File.WriteAllBytesAsync(Path.Combine(Pictures, "print.pdf"), pdf);
        Assert.That(System.Text.Encoding.ASCII.GetString(pdf, 0, 5), Is.EqualTo("%PDF-"));
        await page.EvaluateAsync("document.querySelectorAll('canvas').forEach(c => c.remove())");
        byte[] without = await Pdf(page);
        Assert.That(pdf, Has.Length.GreaterThan(without.Length + 20_000), "the charts are part of what is printed");
        await AssertClean(page);
    }

    [Test]
    public async Task After_printing_the_screen_is_as_before()
    {
        IPage page = await Open(ReportFixture.Full(), "full", scheme: "dark");
        const string State = "JSON.stringify([...document.querySelectorAll('canvas')].map(c => [c.width, c.height, c.toDataURL().length]))";
        string before = await Text(page, State);
        await Pdf(page);
        await Settle(page);
        Assert.That(await Text(page, State), Is.EqualTo(before));
    }

    [Test]
    public async Task A_page_without_the_chart_library_says_so_and_keeps_its_tables()
    {
        IPage page = await Open(ReportFixture.Full(), "no-charts", charts: "");
        Assert.That(await Text(page, "document.querySelector('#no-charts').textContent"), Does.Contain("The charts are left out").And.Contain("./build.sh"));
        Assert.That(await Charts(page), Is.Empty);
        string[] cards = await Texts(page, "[...document.querySelectorAll('.card .left-out')].map(p => p.textContent)");
        Assert.That(cards, Has.Length.EqualTo(PageCharts.Length).And.All.EqualTo("The chart is left out."));
        Assert.That(await Texts(page, "[...document.querySelectorAll('#cells tbody tr')].map(r => r.textContent)"), Has.Length.EqualTo(126));
        await AssertClean(page);
    }

    [Test]
    public async Task One_batch_and_precision_still_make_a_whole_page()
    {
        IPage page = await Open(ReportFixture.Run([1], ["fp32"]), "quick");
        Assert.That(await UndrawnCharts(page), Is.Empty);
        Assert.That(await Charts(page), Is.EquivalentTo(PageCharts.Where(c => c != "speedup-chart")));
        Assert.That(await Text(page, "document.querySelector('#speedup .left-out').textContent"), Does.StartWith("Left out: no model was measured in both"));
        await File.WriteAllBytesAsync(Path.Combine(Pictures, "quick.png"), await page.ScreenshotAsync(new() { FullPage = true }));
        await AssertClean(page);
    }

    [Test]
    public async Task A_gpu_run_has_no_warning_about_cpus()
    {
        IPage page = await Open(ReportFixture.Run([1, 4], ["fp32", "fp16"], ReportFixture.Gpu), "gpu");
        Assert.That(await page.EvaluateAsync<bool>("document.querySelector('#no-gpu') === null"), Is.True);
        Assert.That(await Text(page, "document.querySelector('#cells tbody').textContent"), Does.Contain("same hardware").And.Not.Contain("no GPU").And.Not.Contain("computed in"));
        Assert.That(await Text(page, "document.querySelector('#latency .key').textContent"), Does.Contain("V100 (the same kind of GPU)").And.Contain("T4 (other hardware)"));
        Assert.That(await UndrawnCharts(page), Is.Empty);
        await AssertClean(page);
    }

    [Test]
    public async Task A_comparison_with_a_run_is_not_called_published()
    {
        SuiteResults run = ReportFixture.Run([1], ["fp32"]);
        SuiteCell[] cells =
        [
            .. run.Cells.Select(c => c with { Comparison = new SuiteComparison(new SuitePublishedLatency("Other CPU, 4 cores", "fp32", 1, 100, "run earlier", null, null), 2, c == run.Cells[0], "two times 100 ms") }),
        ];
        IPage page = await Open(run with { Cells = cells }, "run");
        Assert.That(await Text(page, "document.querySelector('#cells thead').textContent"), Does.Contain("Other run").And.Contain("this run ÷ the other").And.Not.Contain("Published"));
        string[] ratios = await Texts(page, "[...document.querySelectorAll('#cells tbody tr')].map(r => r.cells[7].textContent)");
        Assert.That(ratios[0], Is.EqualTo("2.00×same hardware"));
        Assert.That(ratios[1..], Is.All.EqualTo("2.00×other hardware"));
        Assert.That(await Text(page, "document.querySelector('#top').textContent"), Does.Contain("Latency over the other run's"));
        await AssertClean(page);
    }

    [Test]
    public async Task Cells_above_the_roof_are_drawn_and_say_so()
    {
        SuiteResults run = ReportFixture.Run([1], ["fp32"]);
        SuiteCell[] cells = [.. run.Cells.Select((c, i) => i < 4 ? c with { Roofline = c.Roofline! with { Fraction = 1.5 + i } } : c)];
        IPage page = await Open(run with { Cells = cells }, "above");
        Assert.That(await Text(page, "document.querySelector('#roofline .note').textContent"), Does.Contain("4 cells came out above the limit"));
        Assert.That(await page.EvaluateAsync<bool>("Chart.getChart('roofline-chart').getDatasetMeta(0).data.every(p => p.y >= Chart.getChart('roofline-chart').chartArea.top)"), Is.True);
        await AssertClean(page);
    }

    [Test]
    public async Task A_run_of_failed_cells_is_a_page_of_problems()
    {
        SuiteResults run = ReportFixture.Full();
        run = run with { Complete = false, Cells = [.. run.Cells.Take(4).Select(c => ReportFixture.Failed(c, CellStatus.Failed, "no parser for this model"))] };
        IPage page = await Open(run, "failed");
        Assert.That(await Charts(page), Is.Empty);
        Assert.That(await page.EvaluateAsync<int>("document.querySelectorAll('#cells tr.failed .problem').length"), Is.EqualTo(4));
        Assert.That(await page.EvaluateAsync<int>("document.querySelectorAll('section .left-out').length"), Is.EqualTo(9));
        Assert.That(await Text(page, "document.querySelector('#unfinished').textContent"), Does.Contain("4 of 126 cells"));
        await AssertClean(page);
    }

    [Test]
    public async Task Warnings_name_their_modes_and_look_alikes_are_one()
    {
        SuiteResults run = ReportFixture.Run([1], ["fp32"]);
        SuiteCell first = run.Cells[0] with { Warnings = [], Modes = [.. run.Cells[0].Modes.Select((m, i) => m with { Warnings = [$"compute varies by {i + 2}.5 %"] })] };
        IPage page = await Open(run with { Cells = [first, .. run.Cells.Skip(1).Select(c => c with { Warnings = [], Modes = [.. c.Modes.Select(m => m with { Warnings = [] })] })] }, "warned");
        string[] rows = await Texts(page, "[...document.querySelectorAll('#warnings tbody tr')].map(r => [...r.cells].slice(1).map(c => c.textContent).join('|'))");
        string modes = string.Join(", ", first.Modes.Select(m => m.Name));
        Assert.That(first.Modes, Has.Count.GreaterThan(1));
        Assert.That(rows.Where(r => r.Contains("varies")), Is.EqualTo(new[] { $"1|FP32|{modes}|compute varies by 2.5 %" }));
        Assert.That(await Text(page, "document.querySelector('#cells tbody tr').textContent"), Does.Contain("1 warning"));
        await AssertClean(page);
    }

    [Test]
    public async Task Missing_figures_are_dashes()
    {
        SuiteResults run = ReportFixture.Full();
        SampleSummary holes = new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
        SuiteCell[] cells =
        [
            run.Cells[0] with { Build = null, Memory = null, Waterfall = null, Accuracy = null, Roofline = null, Comparison = null },
            run.Cells[1] with { Modes = [run.Cells[1].Modes[1]] },
            run.Cells[2] with { Modes = [run.Cells[2].Modes[0] with { LatencyMs = holes, GpuComputeMs = holes, ImagesPerSecond = double.PositiveInfinity }] },
            run.Cells[3] with { Modes = [] },
            run.Cells[4] with { Accuracy = new SuiteAccuracy("reference", double.NaN, double.NaN, double.NaN, null, 4, 2, 0), Roofline = new SuiteRoofline(0, 0, 0, "memory", double.NaN) },
            run.Cells[5] with { Model = "nowhere.onnx" },
        ];
        SuiteModel[] models = [.. run.Models.Select(m => m with { Published = null, Family = null, Parameters = null, ConvMacs = null, CountProblem = "an operator has no rule" })];
        IPage page = await Open(run with { Cells = cells, Models = models, Environment = run.Environment with { LoadAverage = null, Peak = new SuitePeak(0, null, 0, "") } }, "holes");
        Assert.That(await UndrawnCharts(page), Is.Empty);
        await AssertClean(page);
    }

    [Test]
    public async Task Hostile_names_are_only_text()
    {
        const string Hostile = "</script><script>window.pwned=1</script><img src=x onerror=\"window.pwned=1\">";
        SuiteResults run = ReportFixture.Full();
        SuiteModel[] models = [.. run.Models.Select((m, i) => m with { Name = $"{i}{Hostile}", Title = $"{i}{Hostile}", Family = Hostile, CountProblem = Hostile })];
        SuiteCell[] cells =
        [
            .. run.Cells.Select((c, i) => c with { Model = models[i / 6].Name, RanOn = Hostile, Warnings = [Hostile], Problem = c.Problem is null ? null : Hostile }),
        ];
        SuiteEnvironment environment = run.Environment with { Device = Hostile, Cpu = Hostile, Os = Hostile, Peak = run.Environment.Peak with { Source = Hostile } };
        IPage page = await Open(run with { Models = models, Cells = cells, Environment = environment }, "hostile");
        Assert.That(await page.EvaluateAsync<bool>("window.pwned === undefined"), Is.True);
        Assert.That(await page.EvaluateAsync<int>("document.images.length"), Is.Zero);
        Assert.That(await Text(page, "document.querySelector('#cells tbody th > span').textContent"), Is.EqualTo("0" + Hostile));
        Assert.That(await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"), Is.Zero, "long words wrap");
        await AssertClean(page);
    }

    [Test]
    public async Task Tables_and_controls_are_named_for_assistive_technology()
    {
        IPage page = await Open(ReportFixture.Full(), "full");
        Assert.That(await Text(page, "[...document.querySelectorAll('table')].filter(t => !t.caption || !t.caption.textContent || !t.querySelector('thead th[scope=col]') || !t.querySelector('tbody th[scope=row]')).length + ''"), Is.EqualTo("0"));
        Assert.That(await Text(page, "[...document.querySelectorAll('canvas')].filter(c => c.getAttribute('role') !== 'img' || !c.getAttribute('aria-label')).length + ''"), Is.EqualTo("0"));
        Assert.That(await Text(page, "[...document.querySelectorAll('input')].filter(i => i.labels.length === 0).length + ''"), Is.EqualTo("0"));
        string[] ids = await Texts(page, "[...document.querySelectorAll('[id]')].map(e => e.id)");
        Assert.That(ids, Is.Unique);
        string[] targets = await Texts(page, "[...document.querySelectorAll('a')].map(a => a.getAttribute('href').slice(1))");
        Assert.That(targets, Is.All.Matches<string>(ids.Contains));
    }

    [Test]
    public async Task Text_keeps_its_contrast([Values("light", "dark")] string scheme)
    {
        IPage page = await Open(ReportFixture.Full(), "full", scheme: scheme);
        string[] weak = await Texts(page, WeakText);
        Assert.That(weak, Is.Empty, "at least 4.5 to 1");
    }

    private const string Luminance = """
        (() => {
          const rgb = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
          return (0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]) / 255;
        })()
        """;

    // Each kind of text once, against the nearest background that is not transparent.
    private const string WeakText = """
        (() => {
          const parts = color => color.match(/[\d.]+/g).map(Number);
          const light = color => parts(color).slice(0, 3).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const behind = node => { for (; node; node = node.parentElement) { const c = getComputedStyle(node).backgroundColor; const p = parts(c); if (p.length < 4 || p[3] === 1) return c; } return 'rgb(255, 255, 255)'; };
          const weak = new Map();
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const node = walker.currentNode.parentElement;
            if (!walker.currentNode.data.trim() || !node.checkVisibility() || ['SCRIPT', 'STYLE'].includes(node.tagName)) continue;
            const [a, b] = [light(getComputedStyle(node).color), light(behind(node))];
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (ratio < 4.5) weak.set(node.tagName + '.' + node.className, ratio.toFixed(2) + ' ' + walker.currentNode.data.trim().slice(0, 30));
          }
          return [...weak].map(([k, v]) => k + ' ' + v);
        })()
        """;

    private async Task<IPage> Open(SuiteResults results, string name, string scheme = "light", int width = 1280, int height = 900, bool mobile = false, string? charts = null)
    {
        string folder = Directory.CreateDirectory(_folder[name]).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, HtmlReport.FileName), HtmlReport.Page(results, charts ?? HtmlReport.ChartLibrary));
        File.Copy(Path.Combine(folder, HtmlReport.FileName), Path.Combine(Pictures, $"{name}.html"), overwrite: true);
        IPage page = await _browser!.NewPageAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            DeviceScaleFactor = mobile ? 2 : 1,
            IsMobile = mobile,
            ColorScheme = scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light,
        });
        page.SetDefaultTimeout(PatienceMs);
        await page.GotoAsync(new Uri(Path.Combine(folder, HtmlReport.FileName)).AbsoluteUri);
        await Settle(page);
        return page;
    }

    /// <summary>PINION_TEST_CHROMIUM, else the first of the usual names on the path; null where there is none.</summary>
    private static string? Chromium => Environment.GetEnvironmentVariable("PINION_TEST_CHROMIUM") is { Length: > 0 } chosen
        ? chosen
        : (from name in new[] { "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome" }
           from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
           let path = Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name)
           where folder.Length > 0 && File.Exists(path)
           select path).FirstOrDefault();

    /// <summary>Waits until the page is painted twice.</summary>
    private static async Task Settle(IPage page) => await page.EvaluateAsync("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))");

    private static Task<byte[]> Pdf(IPage page) => page.PdfAsync(new() { PrintBackground = true, PreferCSSPageSize = true });

    private const string Slips = @"undefined|\bnull\b|Infinity|\[object|\bNaN\b(?! or Inf|\s*↕|\s*[▲▼])";

    private static Task<string> Text(IPage page, string expression) => page.EvaluateAsync<string>(expression);

    private static Task<string[]> Texts(IPage page, string expression) => page.EvaluateAsync<string[]>(expression);

    private static Task<string[]> Charts(IPage page) => Texts(page, "[...document.querySelectorAll('canvas')].filter(c => c.checkVisibility()).map(c => c.id)");

    /// <summary>Canvases in sight that hold fewer than three colours.</summary>
    private static Task<string[]> UndrawnCharts(IPage page) => Texts(page, """
        [...document.querySelectorAll('canvas')].filter(c => c.checkVisibility()).filter(c => {
          const pixels = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);
          return new Set(pixels).size < 3;
        }).map(c => c.id)
        """);

    /// <summary>The chart, title, lines and foot of the tooltip of every point that has one.</summary>
    private static Task<string[]> Tooltips(IPage page) => Texts(page, """
        typeof Chart === 'undefined' ? [] : [...document.querySelectorAll('canvas')].map(c => Chart.getChart(c)).filter(c => c).flatMap(chart => chart.data.datasets.flatMap((dataset, datasetIndex) => dataset.data.map((value, index) => {
          if (value === null) return null;
          chart.tooltip.setActiveElements([{ datasetIndex, index }], { x: 0, y: 0 });
          const { title, body, footer } = chart.tooltip;
          const text = [chart.canvas.id, ...title, ...body.flatMap(b => b.lines), ...footer].join('|');
          return body.length === 0 ? null : text;
        }))).filter(t => t !== null)
        """);

    /// <summary>No exception, nothing on the console, no request but for the page itself, and no slip of a script in its text.</summary>
    private static async Task AssertClean(IPage page)
    {
        string text = await Text(page, "document.querySelectorAll('details').forEach(d => d.open = true), document.body.innerText");
        Assert.That(text, Does.Not.Match(Slips), "no slip of a script shows");
        Assert.That(await Tooltips(page), Has.None.Match(Slips));
        string[] troubles = [.. await page.PageErrorsAsync(), .. (await page.ConsoleMessagesAsync()).Select(m => $"{m.Type} {m.Text}")];
        Assert.That(troubles, Is.Empty);
        string[] requests = [.. (await page.RequestsAsync()).Select(r => r.Url)];
        Assert.That(requests, Has.Length.EqualTo(1).And.All.StartsWith("file://").And.All.EndsWith("/report.html"), "a page that asks for nothing");
    }
}
