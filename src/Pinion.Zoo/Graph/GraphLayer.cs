namespace Pinion.Zoo;

/// <summary>A run of nodes that is one layer to a reader: nine nodes of a layer norm, or one convolution.</summary>
internal sealed record GraphLayer(string Name, LayerKind Kind, string Stage, int FirstNode, int NodeCount, IReadOnlyList<int> OutputShape);
