#!/usr/bin/env bash
# The one entry point, for people and for CI: ./build.sh --help lists the verbs. The work is done by build/ (C#).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
if ! command -v dotnet >/dev/null 2>&1; then
    echo "build: the .NET 10 SDK was not found. Install it: sudo apt-get install dotnet-sdk-10.0 (see https://dot.net)" >&2
    exit 1
fi
if ! dotnet --list-sdks | grep -q '^10\.'; then
    echo "build: the .NET 10 SDK was not found (have: $(dotnet --list-sdks | cut -d' ' -f1 | paste -sd' ')). Install it: sudo apt-get install dotnet-sdk-10.0" >&2
    exit 1
fi
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Compiled only when its sources are newer than the last build.
program=artifacts/dotnet/bin/Build/release/pinion-build.dll
if [ ! -f "$program" ] || [ -n "$(find build Directory.Build.props global.json -newer "$program" -print -quit)" ]; then
    log=$(dotnet build build -c Release -v quiet --nologo) || { echo "$log" >&2; exit 1; }
    touch "$program"
fi
exec dotnet "$program" "$@"
