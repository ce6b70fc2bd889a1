#!/usr/bin/env bash
# A real Envoy in front of simulated engines, with Sluice as its endpoint picker: the configuration is that of examples/envoy, with
# other ports. Needs the kit that installs an Envoy; without it the stage is skipped.
if [ ! -x "$tools/envoy/install.sh" ] && [ ! -f "$tools/envoy/install.sh" ]; then
  echo "no Envoy: $tools/envoy is missing"
  exit 77
fi
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
built "$root"
envoy=$(bash "$tools/envoy/install.sh" "$cache/envoy")
"$envoy" --version | grep -o 'version:.*'

one=$(free_port) two=$(free_port) slow=$(free_port) picker=$(free_port) health=$(free_port) metrics=$(free_port) admin=$(free_port)
open=$(free_port) closed=$(free_port) open_admin=$(free_port) closed_admin=$(free_port) trap=$(free_port) nobody=$(free_port)
pair=$(free_port) pair_admin=$(free_port) first=$(free_port) second=$(free_port) lone=$(free_port) lone_admin=$(free_port)
keyed=$(free_port) keyed_admin=$(free_port) keyed_picker=$(free_port)
start one.log "$root/sluice" simulator --port "$one" --model chat --time-scale 0.1
start two.log "$root/sluice" simulator --port "$two" --model chat --time-scale 0.1
start slow.log "$root/sluice" simulator --port "$slow" --model tight --time-scale 1
for port in "$one" "$two" "$slow"; do wait_http "http://127.0.0.1:$port/health" 120; done

cat >"$work/gateway.yaml" <<YAML
server: {host: 127.0.0.1, debugHeaders: true, admin: {port: $admin}, drain: {notReadyFor: 0s, streams: 1s}}
pools:
  - name: chat
    models: [chat]
    endpoints: [{url: "http://127.0.0.1:$one"}, {url: "http://127.0.0.1:$two"}]
  - name: tight
    models: [tight]
    concurrency: 1
    endpoints: [{url: "http://127.0.0.1:$slow"}]
  - name: nowhere
    models: [nowhere]
    endpoints: [{url: "http://127.0.0.1:$nobody"}]
YAML
# A picker with tenants.
mkdir "$work/tenants"
echo "any long random text" >"$work/salt"
{ sed -e 's/^server: .*/server: {host: 127.0.0.1, debugHeaders: true, admin: {port: 0}}/' -e 's/^\( *\)concurrency: 1/&\n\1routing: gives-way/' "$work/gateway.yaml"
  cat <<YAML
tenants: {directory: tenants, salt: {file: salt}}
usage: {file: usage.jsonl}
routing:
  gives-way:
    plugins:
      - {type: least-work-scorer}
      - {type: max-score-picker}
      - {type: predicted-ttft-detector, parameters: {ttft: 100s}}
    flowControl: {enableEviction: true, saturationDetector: {pluginRef: predicted-ttft-detector}}
YAML
} >"$work/keyed.yaml"
for tenant in plain batch; do
  "$root/sluice" key new --id $tenant >"$work/$tenant.txt" 2>"$work/row.txt"
  { echo "tenant: $tenant"
    [ $tenant = plain ] || echo "priority: -10"
    printf 'keys:\n%s\nroutes: [{models: [tight]}]\n' "$(cat "$work/row.txt")"; } >"$work/tenants/$tenant.yaml"
done
"$root/sluice" key new --id ci >"$work/key.txt" 2>"$work/row.txt"
cat >"$work/tenants/acme.yaml" <<YAML
tenant: acme
keys:
$(cat "$work/row.txt")
routes: [{models: [chat]}]
quota: {requestsPerMinute: 4, tokensPerMinute: 100000}
YAML
start keyed.log "$root/sluice" epp --config-file "$work/keyed.yaml" --grpc-port "$keyed_picker" --grpc-health-port "$(free_port)" \
  --metrics-port "$(free_port)" --secure-serving=false

# Started again by the checks, so it is a script of its own that leaves its id behind.
cat >"$work/picker.sh" <<SH
"$root/sluice" epp --config-file "$work/gateway.yaml" --grpc-port $picker --grpc-health-port $health --metrics-port $metrics \
  --secure-serving=false >>"$work/picker.log" 2>&1 </dev/null &
echo \$! >"$work/picker.pid"
SH
bash "$work/picker.sh"

# Two pickers behind one Envoy, with a configuration, flags and endpoints as llm-d's users have them.
cat >"$work/epp.yaml" <<YAML
apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
plugins: [{type: queue-scorer}, {type: kv-cache-utilization-scorer}, {type: prefix-cache-scorer}]
schedulingProfiles:
  - name: default
    plugins:
      - {pluginRef: queue-scorer, weight: 2}
      - {pluginRef: kv-cache-utilization-scorer, weight: 2}
      - {pluginRef: prefix-cache-scorer, weight: 3}
YAML
cat >"$work/endpoints.yaml" <<YAML
endpoints:
  - {name: engine-one, address: 127.0.0.1, port: "$one"}
  - {name: engine-two, address: 127.0.0.1, port: "$two"}
YAML
for n in 1 2; do
  port=$first
  [ $n = 1 ] || port=$second
  cat >"$work/pair$n.sh" <<SH
"$root/sluice" epp --config-file "$work/epp.yaml" --endpoints "$work/endpoints.yaml" --admin-port $(free_port) --grpc-port $port \
  --grpc-health-port $(free_port) --metrics-port $(free_port) --secure-serving=false --drain-timeout=5s --v=2 --zap-encoder=json \
  >>"$work/pair$n.log" 2>&1 </dev/null &
echo \$! >"$work/pair$n.pid"
SH
  bash "$work/pair$n.sh"
done
end_picker() {
  for pid in picker pair1 pair2; do kill "$(cat "$work/$pid.pid")" 2>/dev/null || true; done
  stop_all
}
trap end_picker EXIT

# config PORT ADMIN ALLOW
config() {
  sed -e "s/port_value: 10000/port_value: $1/; s/port_value: 9901/port_value: $2/; s/port_value: 9002/port_value: $picker/" \
    -e "s/port_value: 9001/port_value: $one/; s/port_value: 9011/port_value: $two/; s/failure_mode_allow: true/failure_mode_allow: $3/" \
    "$root/examples/envoy/envoy.yaml"
}
config "$pair" "$pair_admin" false | sed -e "s/^\( *\)- \({endpoint: .*port_value: \)$picker\(}.*\)/\1- \2$first\3\n\1- \2$second\3/" >"$work/pair.yaml"
# The first of the two alone, for requests whose bodies Envoy keeps until it knows: it can go on without a picker.
config "$lone" "$lone_admin" true | sed -e "s/port_value: $picker/port_value: $first/; s/request_body_mode: .*/request_body_mode: BUFFERED/" \
  -e 's/response_body_mode: .*/response_body_mode: NONE/' >"$work/lone.yaml"
config "$keyed" "$keyed_admin" false | sed -e "s/port_value: $picker/port_value: $keyed_picker/" >"$work/keyed-envoy.yaml"
config "$open" "$open_admin" true >"$work/open.yaml"
config "$closed" "$closed_admin" false >"$work/closed.yaml"
wait_http "http://127.0.0.1:$admin/readyz" 60
start open.log "$envoy" -c "$work/open.yaml" --concurrency 1 --use-dynamic-base-id --log-level warning
start closed.log "$envoy" -c "$work/closed.yaml" --concurrency 1 --use-dynamic-base-id --log-level warning
start pair-envoy.log "$envoy" -c "$work/pair.yaml" --concurrency 1 --use-dynamic-base-id --log-level warning
start lone-envoy.log "$envoy" -c "$work/lone.yaml" --concurrency 1 --use-dynamic-base-id --log-level warning
start keyed-envoy.log "$envoy" -c "$work/keyed-envoy.yaml" --concurrency 1 --use-dynamic-base-id --log-level warning
wait_http "http://127.0.0.1:$keyed_admin/ready" 60
for port in "$open_admin" "$closed_admin" "$pair_admin" "$lone_admin"; do wait_http "http://127.0.0.1:$port/ready" 60; done
for port in "$open" "$closed" "$pair" "$lone"; do wait_http "http://127.0.0.1:$port/v1/models" 60; done

python3 "$root/.ci/envoy/tenant.py" "$keyed" "$work/key.txt" "$work/usage.jsonl"
python3 "$root/.ci/envoy/evict.py" "$keyed" "$work/batch.txt" "$work/plain.txt" "$work/usage.jsonl" "$slow"
python3 "$root/.ci/envoy/check.py" "$open" "$closed" "$admin" "$work/picker.sh" "$work/picker.pid" "$trap" \
  "$pair" "$work/pair1" "$lone"
grep -q 'warning: --zap-encoder has no effect' "$work/pair1.log"
curl -fsS "http://127.0.0.1:$metrics/metrics" | grep -E '^sluice_requests_total' | head -5
echo "envoy: ok"
