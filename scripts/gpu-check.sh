#!/bin/sh
# Checks the GPU of this machine, which needs neither .NET nor a network: ./gpu-check.sh [-o DIR] [options of pinion gpu-check].
# It leaves gpu-check.json and gpu-check.md in DIR (gpu-check-results), and exits with 1 if something is wrong, with 0 where there is no GPU.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# ONNX Runtime computes the models of the SDK cuda. That of python3's wheel has a version in its name, and is looked for by another.
if [ -z "${ONNXRUNTIME_ROOT:-}" ] && command -v python3 >/dev/null; then
    library=$(python3 -c '
import glob, importlib.util
spec = importlib.util.find_spec("onnxruntime")
for folder in (spec.submodule_search_locations or []) if spec else []:
    print(*sorted(glob.glob(folder + "/capi/libonnxruntime.so*")), sep="\n")
' | tail -n 1)
    if [ -n "$library" ]; then
        ONNXRUNTIME_ROOT=$(mktemp -d)
        trap 'rm -rf "$ONNXRUNTIME_ROOT"' EXIT
        ln -s "$library" "$ONNXRUNTIME_ROOT/libonnxruntime.so"
        export ONNXRUNTIME_ROOT
    fi
fi

case " $* " in
*" -o "* | *" --output "* | *" --output="* | *" -o="*) ;;
*) set -- -o gpu-check-results "$@" ;;
esac
"$here/pinion" gpu-check --folder "$here" "$@"
