using System.Text.Json;
using Pinion.Hosting;

namespace Pinion.Serving;

/// <summary>
/// Takes the JSON of an inference request token by token, in whatever order its properties come. What it does not know it
/// skips; what it knows must be of the right kind and be given once. Owner: the reader, who disposes it.
/// </summary>
internal sealed class InferRequestParser : IDisposable
{
    private const int LongestId = 1024;
    private const int MostTensors = 1024;

    /// <summary>Bytes of a text, as it is written: every character of an id as an escape.</summary>
    private const int LongestText = 6 * LongestId;
    private readonly InferRequest _request;
    private readonly InferenceModel _model;
    private readonly RequestMemory _memory;
    private readonly int _firstBytes;
    private readonly RequestParameters _parameters = new();
    private readonly List<long> _shape = [];
    private State _state;
    private State _after;
    private Key _key;
    private Key _seen;
    private Key _seenAtRoot;
    private int _skipDepth;
    private InputTensor? _input;
    private RequestedOutput? _output;
    private JsonTensor? _data;

    /// <param name="request">What is filled.</param>
    /// <param name="model">What it is for.</param>
    /// <param name="memory">Where tensors go.</param>
    /// <param name="firstBytes">The memory to begin a tensor with: what the body's length makes likely.</param>
    public InferRequestParser(InferRequest request, InferenceModel model, RequestMemory memory, int firstBytes)
    {
        _request = request;
        _model = model;
        _memory = memory;
        _firstBytes = firstBytes;
    }

    private enum State
    {
        Start,
        Root,
        Inputs,
        Input,
        Shape,
        Data,
        Outputs,
        Output,
        Parameters,
        Skipped,
        Done,
    }

    [Flags]
    private enum Key
    {
        Other = 0,
        Id = 1,
        Parameters = 2,
        Inputs = 4,
        Outputs = 8,
        Name = 16,
        Datatype = 32,
        Shape = 64,
        Data = 128,
    }

    /// <summary>Takes one token.</summary>
    /// <exception cref="ServingException">The request is wrong.</exception>
    public void Take(ref Utf8JsonReader reader)
    {
        switch (_state)
        {
            case State.Data:
                if (_data!.Take(ref reader))
                {
                    _state = State.Input;
                }

                break;
            case State.Start:
                Expect(reader.TokenType == JsonTokenType.StartObject, "The request", "an object");
                _state = State.Root;
                break;
            case State.Root:
                TakeInRoot(ref reader);
                break;
            case State.Inputs:
                TakeInInputs(ref reader);
                break;
            case State.Input:
                TakeInInput(ref reader);
                break;
            case State.Shape:
                TakeInShape(ref reader);
                break;
            case State.Outputs:
                TakeInOutputs(ref reader);
                break;
            case State.Output:
                TakeInOutput(ref reader);
                break;
            case State.Parameters:
                TakeInParameters(ref reader);
                break;
            case State.Skipped:
                if (reader.CurrentDepth == _skipDepth && reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
                {
                    _state = _after;
                }

                break;
        }
    }

    /// <summary>After the last token: everything that is required was there.</summary>
    /// <exception cref="ServingException">Something was not.</exception>
    public void Finish()
    {
        if (_state != State.Done || (_seenAtRoot & Key.Inputs) == 0)
        {
            throw ServingException.Bad("The request has no \"inputs\".");
        }

        InputCheck.CheckAll(_request, _model);
        InputCheck.CheckOutputs(_request, _model);
        _request.Options = _parameters.ToOptions();
    }

    public void Dispose() => _data?.Dispose();

    private static void Expect(bool isRight, string what, string kind)
    {
        if (!isRight)
        {
            throw ServingException.Bad($"{what} must be {kind}.");
        }
    }

    private void TakeInRoot(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.EndObject:
                _request.BinaryOutputs = _parameters.BinaryOutputs;
                _state = State.Done;
                break;
            case JsonTokenType.PropertyName:
                _key = reader.ValueTextEquals("inputs"u8) ? Key.Inputs
                    : reader.ValueTextEquals("outputs"u8) ? Key.Outputs
                    : reader.ValueTextEquals("id"u8) ? Key.Id
                    : reader.ValueTextEquals("parameters"u8) ? Key.Parameters
                    : Key.Other;
                Once(ref _seenAtRoot);
                break;
            case JsonTokenType.Null when _key != Key.Inputs:
                break;
            default:
                TakeRootValue(ref reader);
                break;
        }
    }

    private void TakeRootValue(ref Utf8JsonReader reader)
    {
        switch (_key)
        {
            case Key.Id:
                string id = Text(ref reader, "\"id\"");
                _request.Id = id.Length <= LongestId ? id : throw ServingException.Bad($"\"id\" has {id.Length} characters; it may have {LongestId}.");
                break;
            case Key.Inputs:
                Expect(reader.TokenType == JsonTokenType.StartArray, "\"inputs\"", "an array");
                _state = State.Inputs;
                break;
            case Key.Outputs:
                Expect(reader.TokenType == JsonTokenType.StartArray, "\"outputs\"", "an array");
                _state = State.Outputs;
                break;
            case Key.Parameters:
                BeginParameters(ref reader, RequestParameters.Level.Request);
                break;
            default:
                Skip(ref reader);
                break;
        }
    }

    private void TakeInInputs(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.EndArray)
        {
            _state = State.Root;
            return;
        }

        Expect(reader.TokenType == JsonTokenType.StartObject, "Each of \"inputs\"", "an object");
        Expect(_request.Inputs.Count < MostTensors, "\"inputs\"", $"at most {MostTensors} tensors");
        _input = new InputTensor();
        _request.Inputs.Add(_input);
        _seen = 0;
        _state = State.Input;
    }

    private void TakeInInput(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.EndObject:
                FinishInput();
                _state = State.Inputs;
                break;
            case JsonTokenType.PropertyName:
                _key = reader.ValueTextEquals("data"u8) ? Key.Data
                    : reader.ValueTextEquals("name"u8) ? Key.Name
                    : reader.ValueTextEquals("shape"u8) ? Key.Shape
                    : reader.ValueTextEquals("datatype"u8) ? Key.Datatype
                    : reader.ValueTextEquals("parameters"u8) ? Key.Parameters
                    : Key.Other;
                Once(ref _seen);
                break;
            default:
                TakeInputValue(ref reader);
                break;
        }
    }

    private void TakeInputValue(ref Utf8JsonReader reader)
    {
        switch (_key)
        {
            case Key.Name:
                _input!.Name = Text(ref reader, "An input's \"name\"");
                break;
            case Key.Datatype:
                _input!.Datatype = Text(ref reader, "An input's \"datatype\"");
                break;
            case Key.Shape:
                Expect(reader.TokenType == JsonTokenType.StartArray, "An input's \"shape\"", "an array");
                _shape.Clear();
                _state = State.Shape;
                break;
            case Key.Data:
                Expect(reader.TokenType == JsonTokenType.StartArray, "An input's \"data\"", "an array");
                BeginData(ref reader);
                break;
            case Key.Parameters when reader.TokenType != JsonTokenType.Null:
                BeginParameters(ref reader, RequestParameters.Level.Input);
                break;
            case Key.Other:
                Skip(ref reader);
                break;
        }
    }

    private void TakeInShape(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.EndArray)
        {
            _input!.Shape = new TensorShape([.. _shape]);
            _state = State.Input;
            return;
        }

        long dimension = -1;
        bool isDimension = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out dimension) && dimension >= 0;
        Expect(isDimension, "Each dimension of a \"shape\"", $"a whole number from 0 to {long.MaxValue}");
        Expect(_shape.Count < TensorShape.MaxRank, "A \"shape\"", $"of at most {TensorShape.MaxRank} dimensions");
        _shape.Add(dimension);
    }

    private void TakeInOutputs(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.EndArray)
        {
            _state = State.Root;
            return;
        }

        Expect(reader.TokenType == JsonTokenType.StartObject, "Each of \"outputs\"", "an object");
        // One more than there are, so that a name given twice is told as that.
        Expect(_request.Outputs.Count <= _model.Outputs.Count, "\"outputs\"", $"at most the {_model.Outputs.Count} of model '{_model.Name}'");
        _output = new RequestedOutput();
        _request.Outputs.Add(_output);
        _seen = 0;
        _state = State.Output;
    }

    private void TakeInOutput(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.EndObject:
                _state = State.Outputs;
                break;
            case JsonTokenType.PropertyName:
                _key = reader.ValueTextEquals("name"u8) ? Key.Name : reader.ValueTextEquals("parameters"u8) ? Key.Parameters : Key.Other;
                Once(ref _seen);
                break;
            default:
                if (_key == Key.Name)
                {
                    _output!.Name = Text(ref reader, "An output's \"name\"");
                }
                else if (_key == Key.Parameters && reader.TokenType != JsonTokenType.Null)
                {
                    BeginParameters(ref reader, RequestParameters.Level.Output);
                }
                else
                {
                    Skip(ref reader);
                }

                break;
        }
    }

    private void BeginParameters(ref Utf8JsonReader reader, RequestParameters.Level level)
    {
        Expect(reader.TokenType == JsonTokenType.StartObject, "\"parameters\"", "an object");
        _parameters.Begin(level);
        _after = _state;
        _state = State.Parameters;
    }

    private void TakeInParameters(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.EndObject:
                _state = _after;
                if (_after == State.Input)
                {
                    _input!.BinaryBytes = _parameters.BinaryBytes;
                }
                else if (_after == State.Output)
                {
                    _output!.Binary = _parameters.BinaryData;
                }

                break;
            case JsonTokenType.PropertyName:
                _parameters.Name(ref reader);
                break;
            case JsonTokenType.StartArray or JsonTokenType.StartObject:
                throw ServingException.Bad("Each of \"parameters\" must be a string, a number, true or false.");
            default:
                _parameters.Value(ref reader);
                break;
        }
    }

    /// <summary>With name, type and shape at hand, values go to their place at once; else their text is kept.</summary>
    private void BeginData(ref Utf8JsonReader reader)
    {
        InputTensor input = _input!;
        if (input.Name is not null && input.Datatype is not null && input.Shape is not null)
        {
            InputCheck.Check(input, _model);
        }

        _data = new JsonTensor(input, _memory, _firstBytes);
        _data.Take(ref reader);
        _state = State.Data;
    }

    private void FinishInput()
    {
        InputTensor input = _input!;
        InputCheck.Check(input, _model);
        string name = ClientText.Quote(input.Name!);
        if (_data is null && input.BinaryBytes is null)
        {
            throw ServingException.Bad($"Input {name} has neither \"data\" nor the parameter \"binary_data_size\".");
        }

        if (_data is not null && input.BinaryBytes is not null)
        {
            throw ServingException.Bad($"Input {name} has both \"data\" and the parameter \"binary_data_size\"; give one.");
        }

        if (_data is not null)
        {
            using JsonTensor data = _data;
            _data = null;
            input.Data = data.Finish();
        }
        else if (input.BinaryBytes != InputCheck.Bytes(input))
        {
            throw ServingException.Bad(
                $"Input {name} has a \"binary_data_size\" of {input.BinaryBytes}; {input.Datatype} of shape {InputCheck.Dimensions(input.Shape!.Value)} "
                + $"has {InputCheck.Bytes(input)} bytes.");
        }
    }

    private static string Text(ref Utf8JsonReader reader, string what)
    {
        Expect(reader.TokenType == JsonTokenType.String, what, "a string");
        Expect((reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length) <= LongestText, what, $"of at most {LongestText} bytes");
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw ServingException.Bad($"{what} is no valid Unicode text.", e);
        }
    }

    private void Once(ref Key seen)
    {
        if ((seen & _key) != 0)
        {
            throw ServingException.Bad($"\"{_key.ToString().ToLowerInvariant()}\" is given twice in the same object; give it once.");
        }

        seen |= _key;
    }

    private void Skip(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
        {
            _skipDepth = reader.CurrentDepth;
            _after = _state;
            _state = State.Skipped;
        }
    }
}
