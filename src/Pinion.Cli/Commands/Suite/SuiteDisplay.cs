using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Pinion.Cli;

/// <summary>Progress that is shown until disposed.</summary>
internal interface ISuiteDisplay : ISuiteProgress, IDisposable;

/// <summary>How a run shows itself: a live table on a terminal, a line per cell in a pipe.</summary>
internal static class SuiteDisplay
{
    public static ISuiteDisplay Create(Terminal terminal) =>
        terminal.Json || Console.IsOutputRedirected || Console.IsErrorRedirected ? new LineDisplay(terminal) : new LiveDisplay(terminal);

    /// <summary>What both show of a cell.</summary>
    public static string[] Row(SuiteCell cell)
    {
        SuiteMode? mode = cell.Modes.Count > 0 ? cell.Modes[0] : null;
        return
        [
            cell.Key, cell.StatusText, mode is null ? "" : ReportText.Ms(mode.LatencyMs.Median), mode is null ? "" : ReportText.Ms(mode.LatencyMs.P99),
            mode is null ? "" : mode.ImagesPerSecond.ToString("F1", CultureInfo.InvariantCulture),
            cell.Roofline is { } roof ? (roof.Fraction * 100).ToString("F0", CultureInfo.InvariantCulture) + "%" : "",
            $"{Warnings(cell)}",
        ];
    }

    private static int Warnings(SuiteCell cell) => cell.Warnings.Count + cell.Modes.Sum(m => m.Warnings.Count);

    /// <summary>The mean time of the cells done so far, times those to come.</summary>
    public static TimeSpan? Left(TimeSpan elapsed, int done, int remaining) => done == 0 ? null : elapsed / done * remaining;

    public static string Time(TimeSpan time) => time.TotalHours >= 1 ? time.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture) : time.ToString(@"m\:ss", CultureInfo.InvariantCulture);

    /// <summary>What worker processes write is for those who ask for all of it.</summary>
    private static void ShowOutput(Terminal terminal, string line)
    {
        if (terminal.Verbose)
        {
            terminal.Note(line);
        }
    }

    private sealed class LineDisplay(Terminal terminal) : ISuiteDisplay
    {
        private int _cells;
        private int _done;

        public void Begin(int cells, IReadOnlyList<SuiteCell> finished)
        {
            _cells = cells;
            _done = finished.Count;
            if (_done > 0)
            {
                terminal.Note($"{_done} of {Counted.Of(cells, "cell")} {(_done == 1 ? "is" : "are")} there already.");
            }
        }

        public void Output(string line) => ShowOutput(terminal, line);

        public void Finished(SuiteCell cell)
        {
            _done++;
            string[] row = Row(cell);
            string figures = cell.Status == CellStatus.Measured
                ? $"latency {row[2]} ms{(row[3] == ReportText.None ? "" : $", p99 {row[3]} ms")} of {Counted.Of(cell.Modes[0].Samples, "run")}, {row[4]} images/s{(row[5].Length == 0 ? "" : $", {row[5]} of the roofline")}, {Counted.Of(Warnings(cell), "warning")}; {cell.ComputedIn.Split(' ')[0]}, {cell.RanOn}"
                : cell.Problem ?? "";
            terminal.Say(string.Create(CultureInfo.InvariantCulture, $"[{_done}/{_cells}] {cell.Key}: {row[1]} in {cell.CellSeconds:F1} s: {figures}"));
        }

        public void Dispose()
        {
            // Lines stay.
        }
    }

    /// <summary>Redrawn once a second, so that drawing takes nothing from what is measured.</summary>
    private sealed class LiveDisplay : ISuiteDisplay
    {
        private const int BarWidth = 30;
        private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);

        private readonly Terminal _terminal;
        private readonly Lock _gate = new();
        private readonly Stopwatch _watch = Stopwatch.StartNew();
        private readonly ManualResetEventSlim _end = new();
        private readonly Thread _drawing;
        private readonly List<SuiteCell> _finished = [];
        private string _what = "looking at the machine";
        private int _cells;
        private int _before;

        public LiveDisplay(Terminal terminal)
        {
            _terminal = terminal;
            _drawing = new Thread(Draw) { IsBackground = true, Name = "Pinion suite's display" };
            _drawing.Start();
        }

        public void Begin(int cells, IReadOnlyList<SuiteCell> finished)
        {
            lock (_gate)
            {
                _cells = cells;
                _before = finished.Count;
                _finished.AddRange(finished);
                _watch.Restart();
            }
        }

        public void Working(string what)
        {
            lock (_gate)
            {
                _what = what;
            }
        }

        public void Finished(SuiteCell cell)
        {
            lock (_gate)
            {
                _finished.Add(cell);
            }
        }

        public void Output(string line) => ShowOutput(_terminal, line);

        public void Dispose()
        {
            if (_end.IsSet)
            {
                return;
            }

            _end.Set();
            _drawing.Join();
            // The live table holds what fits the window; this one stays.
            _terminal.Show(Cells(int.MaxValue));
        }

        private void Draw() => _terminal.Console.Live(View()).AutoClear(true).Overflow(VerticalOverflow.Crop).Start(live =>
        {
            do
            {
                live.UpdateTarget(View());
            }
            while (!_end.Wait(Refresh));
        });

        private Rows View()
        {
            lock (_gate)
            {
                int done = _finished.Count;
                int filled = _cells == 0 ? 0 : BarWidth * done / _cells;
                string left = Left(_watch.Elapsed, done - _before, _cells - done) is { } time ? $", about {Time(time)} left" : "";
                string head = $"{new string('#', filled)}{new string('.', BarWidth - filled)} {done}/{_cells} cells, {Time(_watch.Elapsed)} gone{left}";
                return new Rows(Cells(Math.Max(_terminal.Console.Profile.Height - 8, 3)).Fit(_terminal.Console)[0], new Text(head), new Text($"now: {_what}"));
            }
        }

        private FactTable Cells(int rows)
        {
            var table = new FactTable(keys: 1, "cell", "status", "latency ms", "p99", "images/s", "roofline", "warnings");
            foreach (SuiteCell cell in _finished.Skip(Math.Max(_finished.Count - rows, 0)))
            {
                table.Row(Row(cell));
            }

            return table;
        }
    }
}
