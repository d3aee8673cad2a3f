#!/usr/bin/env bash
# Loads `pinion serve` with wrk: 64 connections for 60 s, a binary request each, a simulated device time.
# Fails on any error, and if resident memory grows by more than 10% between the 10th and the last second.
# usage: bench/serve-load.sh [SECONDS [CONNECTIONS]]      needs wrk and ./build.sh
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60} connections=${2:-64}
pinion=${PINION_TEST_CLI:-artifacts/bin/pinion}
command -v wrk > /dev/null || { echo "wrk is not installed: apt-get install wrk" >&2; exit 2; }
folder=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill "$server" 2> /dev/null; rm -rf "$folder"' EXIT

dotnet run --project bench/Pinion.Benchmarks -c Release -- serve-load-plan "$folder/model.plan" > /dev/null
: > "$folder/ready"
PINION_HOST_TENSORRT_FAULTS="enqueue_delay=${PINION_LOAD_DELAY_US:-2000}" "$pinion" serve "$folder/model.plan" --queue 1024 --port 0 --json > "$folder/ready" 2> "$folder/log" &
server=$!
until grep -q '^}' "$folder/ready"; do kill -0 "$server" || { cat "$folder/log" >&2; exit 1; }; sleep 0.1; done
url=$(sed -n 's/.*"url": "\(.*\)".*/\1/p' "$folder/ready")

cat > "$folder/post.lua" <<'LUA'
local json = '{"inputs":[{"name":"x","shape":[1,16],"datatype":"FP32","parameters":{"binary_data_size":64}}],"parameters":{"binary_data_output":true}}'
wrk.method = "POST"
wrk.headers["Inference-Header-Content-Length"] = tostring(#json)
wrk.body = json .. string.rep("\0", 64)
LUA

resident() { awk '/^VmRSS/ { print $2 }' "/proc/$server/status"; }
wrk -t 2 -c "$connections" -d "${seconds}s" --latency -s "$folder/post.lua" "$url/v2/models/model/infer" > "$folder/wrk" &
load=$!
sleep 10
early=$(resident)
sleep $((seconds - 11))
late=$(resident)
wait "$load"
cat "$folder/wrk"
curl -fsS "$url/metrics" | grep -E '^pinion_http_(requests_total|buffers)' || true
echo "resident memory: $early KiB after 10 s, $late KiB in the last second"
kill -TERM "$server"
wait "$server" || { echo "the server ended with exit code $?" >&2; exit 1; }
server=
if grep -qE 'Socket errors|Non-2xx' "$folder/wrk"; then echo "FAILED: errors under load" >&2; exit 1; fi
if ((late > early + early / 10)); then echo "FAILED: memory grows" >&2; exit 1; fi
echo "no error, no growth"
