using System.Buffers;
using System.Diagnostics;
using Microsoft.Extensions.Options;
using Pinion.Hosting;

namespace OcrService;

/// <summary>Recognises text lines; concurrent ones share batches. Threads: any.</summary>
internal sealed class TextRecognizer
{
    private readonly InferenceModel _model;
    private readonly CharacterSet _characters;
    private readonly RequestOptions _request;
    private readonly string _input;
    private readonly string _output;
    private readonly int _maxWidth;

    public TextRecognizer([FromKeyedServices("rec")] InferenceModel model, IOptions<OcrOptions> ocr, IOptionsMonitor<ModelOptions> options)
    {
        _model = model;
        _characters = CharacterSet.Load(ocr.Value.Characters);
        _request = new RequestOptions { Deadline = ocr.Value.Deadline };
        _input = model.Inputs[0].Name;
        _output = model.Outputs[0].Name;
        long classes = model.Outputs[0].Shape.Last();
        if (classes != _characters.Count)
        {
            throw new InvalidOperationException(
                $"The model tells {classes} characters apart and '{ocr.Value.Characters}' makes {_characters.Count} with blank and space:"
                + " use the file of this model.");
        }

        _maxWidth = options.Get("rec").Padding[0].Sizes[^1];
    }

    /// <exception cref="RequestRefusedException">There is too much to do, or the model does not work at the moment.</exception>
    public async Task<RecognizedLine> RecognizeAsync(PixelImage image, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        int width = LineScaler.WidthOf(image, _maxWidth);
        int count = LineScaler.Channels * LineScaler.Height * width;
        float[] planes = ArrayPool<float>.Shared.Rent(count);
        try
        {
            LineScaler.Scale(image, width, planes);
            TimeSpan prepared = Stopwatch.GetElapsedTime(start);
            var input = TensorInput.Create(_input, [1, LineScaler.Channels, LineScaler.Height, width], new ReadOnlyMemory<float>(planes, 0, count));
            using InferenceResult result = await _model.InferAsync(input, _request, cancellationToken);

            long inferred = Stopwatch.GetTimestamp();
            (string text, double confidence) = CtcDecoder.Decode(result.GetOutput<float>(_output), _characters);
            RequestTimings timings = result.Timings;
            return new RecognizedLine(text, confidence, new LineTimings(
                prepared.TotalMilliseconds,
                timings.Queue.TotalMilliseconds,
                timings.Inference.WallMs,
                Stopwatch.GetElapsedTime(inferred).TotalMilliseconds,
                timings.BatchSize));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(planes);
        }
    }
}
