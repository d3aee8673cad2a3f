#!/usr/bin/env bash
# Compiles every file of native/src against a folder of NVIDIA's official headers; no library is needed. The folders are
# system folders, so warnings inside NVIDIA's headers do not count, and every warning of ours is an error.
# Usage: check-sdk.sh TENSORRT_INCLUDE_DIR CUDA_INCLUDE_DIR      Exit code: 0 all compile, 1 not, 2 wrong usage
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ $# -ne 2 ]; then
    echo "usage: check-sdk.sh TENSORRT_INCLUDE_DIR CUDA_INCLUDE_DIR" >&2
    exit 2
fi
tensorrt=$1 cuda=$2
for header in "$tensorrt/NvInfer.h" "$tensorrt/NvInferVersion.h" "$tensorrt/NvInferPlugin.h" "$tensorrt/NvOnnxParser.h" \
    "$cuda/cuda_runtime_api.h"; do
    if [ ! -f "$header" ]; then
        echo "check-sdk: $header is missing" >&2
        exit 2
    fi
done
compiler=${CXX:-c++}
flags=(-std=c++17 -fsyntax-only -Wall -Wextra -Werror -Inative/include -isystem "$tensorrt" -isystem "$cuda")

# The compiler resolves macros that are defined by other macros.
version=$("$compiler" "${flags[@]:0:1}" -E -P -x c++ -I"$tensorrt" - <<<'#include "NvInferVersion.h"
NV_TENSORRT_MAJOR.NV_TENSORRT_MINOR.NV_TENSORRT_PATCH' 2>/dev/null | tail -n 1 | tr -d ' ')
cuda_version=$(sed -n 's/^#define CUDART_VERSION *\([0-9]*\).*/\1/p' "$cuda/cuda_runtime_api.h")
echo "TensorRT $version ($tensorrt), CUDA $((cuda_version / 1000)).$((cuda_version % 1000 / 10)) ($cuda)"

# One translation unit, so that headers are read once: names in unnamed namespaces must not clash.
files=(native/src/*.cpp)
if messages=$(printf '#include "%s"\n' "${files[@]}" | "$compiler" "${flags[@]}" -I. -x c++ - 2>&1); then
    echo "PASS TensorRT $version: ${#files[@]} files"
else
    echo "$messages" | head -n 30
    echo "FAIL TensorRT $version"
    exit 1
fi
