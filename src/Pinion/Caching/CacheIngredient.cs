namespace Pinion;

/// <summary>One of the things that a plan in a cache is made of.</summary>
/// <param name="Name">What it is, such as <c>TensorRT</c> or <c>profile x</c>.</param>
/// <param name="Value">In words, or the SHA-256 of what is too long for words.</param>
public sealed record CacheIngredient(string Name, string Value);
