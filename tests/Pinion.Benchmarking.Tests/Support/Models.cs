using Pinion.TestSupport;

namespace Pinion.Benchmarking.Tests;

/// <summary>The small models of this project.</summary>
[SetUpFixture]
internal sealed class Models : ModelFiles;
