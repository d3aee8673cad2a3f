using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Pinion.Hosting;

/// <summary>One model's tags, made once, so that recording allocates nothing. Immutable. Threads: any.</summary>
internal sealed class ModelTags
{
    private readonly Tag[][] _refused;

    public ModelTags(string model)
    {
        Name = model;
        Model = [new("model", model)];
        Succeeded = [.. Model, new("outcome", "succeeded")];
        Failed = [.. Model, new("outcome", "failed")];
        Cancelled = [.. Model, new("outcome", "cancelled")];
        _refused = [.. Enum.GetValues<RefusalReason>().Select(r => (Tag[])[.. Model, new("outcome", "refused"), new("reason", Text(r))])];
    }

    public string Name { get; }

    public Tag[] Model { get; }

    public Tag[] Succeeded { get; }

    public Tag[] Failed { get; }

    public Tag[] Cancelled { get; }

    public Tag[] Refused(RefusalReason reason) => _refused[(int)reason];

    private static string Text(RefusalReason reason) => reason switch
    {
        RefusalReason.QueueFull => "queue_full",
        RefusalReason.Deadline => "deadline",
        RefusalReason.Stopping => "stopping",
        RefusalReason.Unavailable => "unavailable",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };
}
