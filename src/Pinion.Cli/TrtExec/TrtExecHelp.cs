namespace Pinion.Cli;

/// <summary>What <c>pinion trtexec --help</c> prints.</summary>
internal static class TrtExecHelp
{
    public const string Text = """
        Takes trtexec's flags (TensorRT 8 to 11), each as --flag or --flag=value, and prints what trtexec prints.

        Model
          --onnx=FILE                  ONNX model to build, or zoo:NAME
          --loadEngine=FILE            plan to run; trtexec's and Pinion's both
          --saveEngine=FILE            write the plan as trtexec does, TensorRT's bytes alone
          --skipInference, --buildOnly build only

        Build
          --fp16  --best  --noTF32  --stronglyTyped  --versionCompatible (--vc)
          --minShapes= --optShapes= --maxShapes=SPEC   profile; SPEC is x:1x3x224x224,y:1x10; --profile=N begins profile N
          --memPoolSize=workspace:N    scratch limit in MiB, or with B, K, M, G; --workspace=N does the same
          --timingCacheFile=FILE  --builderOptimizationLevel=0..5  --avgTiming=N  --tacticSources=+NAME,-NAME
          --precisionConstraints=none|prefer|obey  --layerPrecisions=NAME:fp32|fp16,...
          --profilingVerbosity=layer_names_only|none|detailed  --hardwareCompatibilityLevel=none|ampere+|sameComputeCapability
          --plugins=FILE (--staticPlugins, --dynamicPlugins)  --device=N

        Measure
          --shapes=SPEC                input shapes (default: the profile's opt shapes)
          --loadInputs=NAME:FILE,...   raw bytes of inputs (default: random)
          --warmUp=MS (200)  --duration=S (3, -1 until Ctrl-C)  --iterations=N (10)  --idleTime=MS (0)
          --infStreams=N (1), --streams=N   --useProfile=N
          --useCudaGraph | --noCudaGraph   --useSpinWait | --noSpinWait   --noDataTransfers | --includeDataTransfers
                                       default: the second of each; the first with TensorRT 11 and TensorRT for RTX

        Report
          --avgRuns=N (10)  --percentile=P,P,... (90,95,99)  --verbose
          --dumpOutput  --dumpProfile  --dumpLayerInfo  --dumpOptimizationProfile
          --exportTimes=FILE  --exportOutput=FILE  --exportProfile=FILE  --exportLayerInfo=FILE

        Other flags of trtexec are known too: those that change nothing here say so in a warning, those that cannot be done
        (--int8, --uff, --batch, --useDLACore, ...) say why and end with exit code 2. Defaults are those of the release in use.

        Examples:
          pinion trtexec --onnx=model.onnx --fp16 --saveEngine=model.engine
          pinion trtexec --onnx=rec.onnx --minShapes=x:1x3x48x48 --optShapes=x:4x3x48x320 --maxShapes=x:8x3x48x960 --shapes=x:4x3x48x320
          pinion trtexec --loadEngine=model.engine --useCudaGraph --useSpinWait --percentile=50,99 --exportTimes=times.json
        """;
}
