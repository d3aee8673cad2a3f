using System.Globalization;

namespace Pinion.Fp16;

/// <summary>Samples drawn from seeds.</summary>
internal sealed class SeededSamples : GuardSamples
{
    private const int MaxCount = 100_000;

    private readonly Dictionary<string, TensorShape> _shapes;
    private readonly ulong _seed;

    public SeededSamples(int count, IReadOnlyList<TensorInfo> inputs, IReadOnlyDictionary<string, TensorShape> shapes, ulong seed)
        : base(inputs)
    {
        if (inputs.Count == 0)
        {
            throw new GuardException("the model has no inputs, so it has no samples");
        }

        if (count is < 1 or > MaxCount)
        {
            throw new GuardException($"{count} samples were asked for; 1 to {MaxCount} can be drawn");
        }

        if (shapes.Keys.FirstOrDefault(name => inputs.All(i => i.Name != name)) is { } stranger)
        {
            throw new GuardException($"there is no input '{stranger}'. {NearestName.Hint(stranger, [.. inputs.Select(i => i.Name)])}");
        }

        Count = count;
        _seed = seed;
        _shapes = inputs.ToDictionary(i => i.Name, i => Sized(i, shapes));
        if (inputs.FirstOrDefault(i => i.IsShapeTensor || !SeededValues.Fill(i.DataType, [], seed, i.Name)) is { } undrawn)
        {
            throw new GuardException($"no values are drawn for input '{undrawn.Name}', {(undrawn.IsShapeTensor ? "whose values are a shape" : $"which is {undrawn.DataType.GetName()}")}; give real samples");
        }
    }

    public override int Count { get; }

    public override string Description => string.Create(CultureInfo.InvariantCulture, $"{Counted.Of(Count, "seeded sample")} (seed {_seed}), {string.Join(", ", _shapes.Select(s => $"{s.Key}:{s.Value}"))}");

    internal override string Digest => Description;

    internal override TensorShape ShapeOf(int sample, TensorInfo input) => _shapes[input.Name];

    internal override void Fill(int sample, TensorInfo input, Span<byte> destination) => SeededValues.Fill(input.DataType, destination, _seed + (ulong)sample, input.Name);

    private static TensorShape Sized(TensorInfo input, IReadOnlyDictionary<string, TensorShape> shapes)
    {
        if (!shapes.TryGetValue(input.Name, out TensorShape shape))
        {
            shape = input.Shape.Rank > 0 && input.Shape[0] < 0 ? input.Shape.WithBatch(1) : input.Shape;
        }
        else if (shape.Rank != input.Shape.Rank || shape.Zip(input.Shape).Any(d => d.Second >= 0 && d.First != d.Second))
        {
            throw new GuardException($"shape {shape} does not fit input '{input.Name}', which is {input.Shape}");
        }

        return shape.IsDynamic ? throw new GuardException($"input '{input.Name}' is {input.Shape}: give its shape, or real samples") : shape;
    }
}
