namespace Pinion.Benchmarking;

/// <summary>Concrete shapes for every input of an engine, and the optimization profile they run under.</summary>
/// <param name="Batch">The batch asked for, else the first dimension of the first input that has one.</param>
/// <param name="Profile">The index of the profile.</param>
/// <param name="Inputs">Every input in the network's order; <see cref="Session.Prepare"/> takes them as they are.</param>
public sealed record EngineShapes(int Batch, int Profile, IReadOnlyList<(string Name, TensorShape Shape)> Inputs)
{
    /// <summary>As trtexec writes them: <c>x:1x3x224x224, y:1x10</c>.</summary>
    public override string ToString() => string.Join(", ", Inputs.Select(i => $"{i.Name}:{i.Shape}"));

    /// <summary>The shapes that a session has set now.</summary>
    /// <param name="session">Its inputs all have a shape.</param>
    /// <exception cref="InvalidOperationException">An input has no shape yet.</exception>
    public static EngineShapes Of(Session session)
    {
        ArgumentNullException.ThrowIfNull(session);
        (string Name, TensorShape Shape)[] inputs = [.. session.Inputs.Select(i => (i.Name, session.GetShape(i.Name)))];
        return new EngineShapes(BatchOf(inputs), session.Options.Profile, inputs);
    }

    internal static int BatchOf(IReadOnlyList<(string Name, TensorShape Shape)> inputs)
    {
        TensorShape first = inputs.FirstOrDefault(i => i.Shape.Rank > 0).Shape;
        return first.Rank == 0 ? 1 : (int)Math.Min(first[0], int.MaxValue);
    }
}
