using System.Runtime.InteropServices;

namespace Pinion.Zoo.Tests.OnnxRuntime;

/// <summary>An ONNX model on the CPU: float tensors in, float tensors out.</summary>
internal sealed unsafe class OrtModel : IDisposable
{
    private readonly OrtLibrary _ort = OrtLibrary.Require();
    private readonly nint _session;

    public OrtModel(string path, bool optimize = true)
    {
        nint options, session;
        _ort.Check(((delegate* unmanaged<nint*, void*>)_ort.Entry(10))(&options));
        _ort.Check(((delegate* unmanaged<nint, int, void*>)_ort.Entry(23))(options, optimize ? 99 : 0));
        _ort.Check(((delegate* unmanaged<nint, int, void*>)_ort.Entry(24))(options, Math.Min(4, System.Environment.ProcessorCount)));
        nint name = OperatingSystem.IsWindows() ? Marshal.StringToCoTaskMemUni(path) : (nint)OrtLibrary.Utf8(path);
        try
        {
            var create = (delegate* unmanaged<nint, nint, nint, nint*, void*>)_ort.Entry(7);
            _ort.Check(create(_ort.Environment, name, options, &session));
            _session = session;
        }
        finally
        {
            ((delegate* unmanaged<nint, void>)_ort.Entry(100))(options);
        }
    }

    public OrtTensor Run(string inputName, OrtTensor input, string outputName) => Run(inputName, input, [outputName])[0];

    public OrtTensor[] Run(string inputName, OrtTensor input, IReadOnlyList<string> outputNames)
    {
        nint memory, value = 0;
        _ort.Check(((delegate* unmanaged<int, int, nint*, void*>)_ort.Entry(69))(0, 0, &memory));
        var results = new nint[outputNames.Count];
        try
        {
            fixed (float* data = input.Data)
            fixed (long* shape = input.Shape)
            fixed (nint* outputs = results)
            {
                var create = (delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, void*>)_ort.Entry(49);
                _ort.Check(create(
                    memory, data, (nuint)input.Data.Length * sizeof(float), shape, (nuint)input.Shape.Length, 1, &value));
                nint* inputNames = stackalloc nint[] { (nint)OrtLibrary.Utf8(inputName) };
                nint* inputs = stackalloc nint[] { value };
                nint[] names = [.. outputNames.Select(n => (nint)OrtLibrary.Utf8(n))];
                fixed (nint* namePointers = names)
                {
                    var run = (delegate* unmanaged<nint, nint, nint*, nint*, nuint, nint*, nuint, nint*, void*>)_ort.Entry(9);
                    _ort.Check(run(_session, 0, inputNames, inputs, 1, namePointers, (nuint)names.Length, outputs));
                }
            }
            return [.. results.Select(Read)];
        }
        finally
        {
            var release = (delegate* unmanaged<nint, void>)_ort.Entry(96);
            foreach (nint result in results.Append(value).Where(v => v != 0))
            {
                release(result);
            }
            ((delegate* unmanaged<nint, void>)_ort.Entry(94))(memory);
        }
    }

    public void Dispose() => ((delegate* unmanaged<nint, void>)_ort.Entry(95))(_session);

    private OrtTensor Read(nint value)
    {
        nint info;
        _ort.Check(((delegate* unmanaged<nint, nint*, void*>)_ort.Entry(65))(value, &info));
        try
        {
            nuint rank;
            _ort.Check(((delegate* unmanaged<nint, nuint*, void*>)_ort.Entry(61))(info, &rank));
            var shape = new long[rank];
            fixed (long* dims = shape)
            {
                _ort.Check(((delegate* unmanaged<nint, long*, nuint, void*>)_ort.Entry(62))(info, dims, rank));
            }
            void* data;
            _ort.Check(((delegate* unmanaged<nint, void**, void*>)_ort.Entry(51))(value, &data));
            return new OrtTensor(shape, new ReadOnlySpan<float>(data, (int)shape.Aggregate(1L, (a, b) => a * b)).ToArray());
        }
        finally
        {
            ((delegate* unmanaged<nint, void>)_ort.Entry(99))(info);
        }
    }
}

/// <summary>A float tensor, row-major.</summary>
internal sealed record OrtTensor(long[] Shape, float[] Data);
