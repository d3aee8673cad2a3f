using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Pinion.Tests.Support;

/// <summary>ONNX Runtime's own answer for one float input, through its C API: a table of function pointers by index.</summary>
internal static unsafe class OnnxRuntime
{
    private const uint ApiVersion = 22;
    private const int FloatType = 1;

    /// <summary>The library in use, or null with a GPU, where ONNXRUNTIME_ROOT may name one.</summary>
    public static string? FindLibrary()
    {
        if (PinionRuntime.Info.OnnxRuntimePath is { } path)
        {
            return path;
        }

        return Environment.GetEnvironmentVariable("ONNXRUNTIME_ROOT") is not { Length: > 0 } root ? null
            : new[] { root, Path.Combine(root, "lib") }.Where(Directory.Exists)
                .SelectMany(f => Directory.GetFiles(f, "libonnxruntime.so*")).FirstOrDefault();
    }

    /// <summary>Runs a model whose one input and one output are floats.</summary>
    public static (TensorShape Shape, float[] Values) Run(string library, string model, string input, TensorShape shape, float[] values, string output)
    {
        nint handle = NativeLibrary.Load(library);
        var getApiBase = (delegate* unmanaged[Cdecl]<nint*>)NativeLibrary.GetExport(handle, "OrtGetApiBase");
        nint* apiBase = getApiBase();
        nint* api = ((delegate* unmanaged[Cdecl]<uint, nint*>)apiBase[0])(ApiVersion);
        Assert.That((nint)api, Is.Not.Zero, "ONNX Runtime is too old");

        nint env = 0, options = 0, session = 0, memory = 0, inputValue = 0, outputValue = 0, info = 0;
        byte[] bytes = File.ReadAllBytes(model);
        byte[] inputName = Encoding.UTF8.GetBytes(input + '\0');
        byte[] outputName = Encoding.UTF8.GetBytes(output + '\0');
        long[] dims = shape.ToArray();
        try
        {
            fixed (byte* modelData = bytes, inputText = inputName, outputText = outputName)
            fixed (float* data = values)
            fixed (long* dimensions = dims)
            {
                Check(api, ((delegate* unmanaged[Cdecl]<int, byte*, nint*, nint>)api[3])(3, inputText, &env));
                Check(api, ((delegate* unmanaged[Cdecl]<nint*, nint>)api[10])(&options));
                Check(api, ((delegate* unmanaged[Cdecl]<nint, void*, nuint, nint, nint*, nint>)api[8])(env, modelData, (nuint)bytes.Length, options, &session));
                Check(api, ((delegate* unmanaged[Cdecl]<int, int, nint*, nint>)api[69])(1, 0, &memory));
                Check(api, ((delegate* unmanaged[Cdecl]<nint, void*, nuint, long*, nuint, int, nint*, nint>)api[49])(
                    memory, data, (nuint)values.Length * sizeof(float), dimensions, (nuint)dims.Length, FloatType, &inputValue));
                Check(api, ((delegate* unmanaged[Cdecl]<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint>)api[9])(
                    session, 0, &inputText, &inputValue, 1, &outputText, 1, &outputValue));
                Check(api, ((delegate* unmanaged[Cdecl]<nint, nint*, nint>)api[65])(outputValue, &info));
                nuint rank;
                Check(api, ((delegate* unmanaged[Cdecl]<nint, nuint*, nint>)api[61])(info, &rank));
                long[] outputDims = new long[rank];
                fixed (long* target = outputDims)
                {
                    Check(api, ((delegate* unmanaged[Cdecl]<nint, long*, nuint, nint>)api[62])(info, target, rank));
                }

                float* result;
                Check(api, ((delegate* unmanaged[Cdecl]<nint, float**, nint>)api[51])(outputValue, &result));
                TensorShape outputShape = outputDims;
                return (outputShape, new ReadOnlySpan<float>(result, (int)outputShape.ElementCount).ToArray());
            }
        }
        finally
        {
            Release(api, 99, info);
            Release(api, 96, outputValue);
            Release(api, 96, inputValue);
            Release(api, 94, memory);
            Release(api, 95, session);
            Release(api, 100, options);
            Release(api, 92, env);
        }
    }

    private static void Check(nint* api, nint status, [CallerArgumentExpression(nameof(status))] string call = "")
    {
        if (status != 0)
        {
            string message = Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint, nint>)api[2])(status))!;
            Release(api, 93, status);
            Assert.Fail($"ONNX Runtime: {message} ({call})");
        }
    }

    private static void Release(nint* api, int entry, nint item)
    {
        if (item != 0)
        {
            ((delegate* unmanaged[Cdecl]<nint, void>)api[entry])(item);
        }
    }
}
