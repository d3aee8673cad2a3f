using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pinion;

/// <summary>Shapes in JSON: an array of whole numbers, <c>[1, 3, 224, 224]</c>; the scalar is <c>[]</c>.</summary>
public sealed class TensorShapeConverter : JsonConverter<TensorShape>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">It is no array of whole numbers, has more than eight or one less than -1.</exception>
    public override TensorShape Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("A shape is an array of whole numbers.");
        }

        Span<long> dimensions = stackalloc long[TensorShape.MaxRank];
        int rank = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (rank == TensorShape.MaxRank || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long dimension) || dimension < -1)
            {
                throw new JsonException($"A shape has at most {TensorShape.MaxRank} dimensions, whole numbers from -1 on.");
            }

            dimensions[rank++] = dimension;
        }

        return new TensorShape(dimensions[..rank]);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TensorShape value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartArray();
        foreach (long dimension in value.Dims)
        {
            writer.WriteNumberValue(dimension);
        }

        writer.WriteEndArray();
    }
}
