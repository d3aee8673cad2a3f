# ONNX Runtime, which computes behind the host TensorRT: a header to compile with, a library to load at run time.
# build.sh takes both from the NuGet package Microsoft.ML.OnnxRuntime.
set(ONNXRUNTIME_INCLUDE "" CACHE PATH "Folder of onnxruntime_c_api.h: build/native/include of the NuGet package")
set(ONNXRUNTIME_ROOT "" CACHE PATH "Folder of ONNX Runtime's shared library; empty if it is found at run time")
if(NOT EXISTS "${ONNXRUNTIME_INCLUDE}/onnxruntime_c_api.h")
  message(FATAL_ERROR "ONNXRUNTIME_INCLUDE='${ONNXRUNTIME_INCLUDE}' holds no onnxruntime_c_api.h: build with build.sh, or "
                      "name the folder build/native/include of the NuGet package Microsoft.ML.OnnxRuntime.")
endif()
add_library(onnxruntime_headers INTERFACE)
target_include_directories(onnxruntime_headers SYSTEM INTERFACE ${ONNXRUNTIME_INCLUDE})
