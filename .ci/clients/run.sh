#!/usr/bin/env bash
# The official OpenAI and Anthropic clients, unchanged, through Sluice to simulated engines.
. "$(dirname "$0")/../lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
built "$root"

venv=$cache/clients-venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -c 'import openai' 2>/dev/null || "$venv/bin/python" -m pip install -q 'openai==2.8.1' || "$venv/bin/python" -m pip install -q openai
if [ ! -d "$cache/clients-npm/node_modules/@anthropic-ai/sdk" ]; then
  mkdir -p "$cache/clients-npm"
  (cd "$cache/clients-npm" && npm init -y >/dev/null && npm install --silent --no-fund --no-audit @anthropic-ai/sdk)
fi

engines=$(free_port) gateway=$(free_port) admin=$(free_port)
start simulator.log "$root/sluice" simulator --port "$engines" --count 2 --model acme/chat-8b --time-scale 0.05
second=$((engines + 1))
cat >"$work/gateway.yaml" <<YAML
server: {host: 127.0.0.1, port: $gateway, debugHeaders: true, admin: {port: $admin}}
pools:
  - name: chat
    models: [chat, acme/chat-8b]
    endpoints:
      - {url: "http://127.0.0.1:$engines"}
      - {url: "http://127.0.0.1:$second"}
YAML
sed -i 's/models: \[chat, acme\/chat-8b\]/models: [acme\/chat-8b, chat]/' "$work/gateway.yaml"
wait_http "http://127.0.0.1:$engines/health" 120
start gateway.log "$root/sluice" serve --config "$work/gateway.yaml"
wait_http "http://127.0.0.1:$gateway/readyz" 60

"$venv/bin/python" "$here/openai_client.py" "http://127.0.0.1:$gateway"
cp "$here/anthropic_client.mjs" "$cache/clients-npm/"
(cd "$cache/clients-npm" && node anthropic_client.mjs "http://127.0.0.1:$gateway")
echo "both clients: ok"
