namespace Pinion.Vision;

/// <summary>An image cannot be read or used; the message says what is wrong, and names the file where there is one.</summary>
public sealed class ImageException(string message) : Exception(message);
