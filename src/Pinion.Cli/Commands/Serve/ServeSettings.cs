using Pinion.Serving;

namespace Pinion.Cli;

/// <summary>What a <c>pinion serve</c> command line asks for, checked.</summary>
internal sealed record ServeSettings(
    IReadOnlyList<ServedPlan> Plans, ServerOptions Server, TimeSpan ShutdownLimit, IReadOnlyList<string> Notes);
