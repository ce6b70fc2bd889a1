{{- define "sluice.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "sluice.labels" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "sluice.selector" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sluice.podLabels" -}}
{{- merge (dict "app.kubernetes.io/name" "sluice" "app.kubernetes.io/instance" .Release.Name) .Values.podLabels | toYaml -}}
{{- end -}}

{{- define "sluice.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "sluice.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "sluice.name" .) -}}
{{- end -}}

{{- define "sluice.hasTenants" -}}
{{- if or .Values.tenants.inline .Values.tenants.configMap .Values.tenants.secret }}yes{{ end -}}
{{- end -}}

{{- /* The tenants that stand in the values, as files. */ -}}
{{- define "sluice.tenantFiles" -}}
{{- if .Values.tenants.inSecret }}stringData:{{ else }}data:{{ end }}
  {{- range $name, $tenant := .Values.tenants.inline }}
  {{ $name }}.yaml: |
    {{- toYaml $tenant | nindent 4 }}
  {{- end }}
{{- end -}}

{{- /* Seconds that streams may take after SIGTERM. A Knative pod gets it only when the queue-proxy has none left. */ -}}
{{- define "sluice.streamSeconds" -}}
{{- if eq .Values.mode "knative" -}}
{{- max 5 (sub (int .Values.knative.timeoutSeconds) 30) -}}
{{- else -}}
{{- .Values.deployment.drain.streamSeconds -}}
{{- end -}}
{{- end -}}

{{- define "sluice.notReadySeconds" -}}
{{- if eq .Values.mode "knative" -}}0{{- else -}}{{ .Values.deployment.drain.notReadySeconds }}{{- end -}}
{{- end -}}

{{- define "sluice.graceSeconds" -}}
{{- add (int (include "sluice.notReadySeconds" .)) (int (include "sluice.streamSeconds" .)) 15 -}}
{{- end -}}

{{- /* The configuration: what the user wrote wins over what follows from the mode. */ -}}
{{- define "sluice.config" -}}
{{- if not .Values.config.pools }}{{ fail "config.pools is required: see docs/configuration.md" }}{{ end -}}
{{- $server := dict "port" 8080
      "metrics" (dict "host" "0.0.0.0" "port" 9191)
      "drain" (dict "notReadyFor" (printf "%ss" (include "sluice.notReadySeconds" .)) "streams" (printf "%ss" (include "sluice.streamSeconds" .))) -}}
{{- $base := dict "apiVersion" "sluice.dev/v1" "kind" "Gateway" "server" $server -}}
{{- if or .Values.plugins.enabled .Values.plugins.volume }}{{ $_ := set $base "plugins" (dict "directory" "/opt/sluice/plugins") }}{{ end -}}
{{- if include "sluice.hasTenants" . -}}
{{- $tenants := dict "directory" "/etc/sluice/tenants" -}}
{{- if .Values.tenants.salt.secretName }}{{ $_ := set $tenants "salt" (dict "file" (printf "/etc/sluice/secrets/tenants-salt/%s" .Values.tenants.salt.key)) }}{{ end -}}
{{- $_ := set $base "tenants" $tenants -}}
{{- end -}}
{{- if .Values.peers.enabled -}}
{{- $where := printf "%s-peers.%s.svc" (include "sluice.name" .) .Release.Namespace -}}
{{- $_ := set $base "peers" (dict "port" (int .Values.peers.port) "key" (dict "file" "/etc/sluice/secrets/peers/key") "members" (list $where)) -}}
{{- end -}}
{{- mergeOverwrite $base (deepCopy .Values.config) | toYaml -}}
{{- end -}}

{{- /* The pods that serve: of all revisions, so that those of before and after share during a roll-out. */ -}}
{{- define "sluice.peersSelector" -}}
{{- if eq .Values.mode "knative" -}}
serving.knative.dev/service: {{ include "sluice.name" . }}
{{- else -}}
{{ include "sluice.selector" . }}
sluice.dev/part: gateway
{{- end -}}
{{- end -}}

{{- define "sluice.peersSecret" -}}
{{- .Values.peers.secretName | default (printf "%s-peers" (include "sluice.name" .)) -}}
{{- end -}}

{{- define "sluice.configName" -}}
{{ include "sluice.name" . }}-config-{{ include "sluice.config" . | sha256sum | trunc 10 }}
{{- end -}}

{{- define "sluice.metricsPort" -}}
{{- (include "sluice.config" . | fromYaml).server.metrics.port -}}
{{- end -}}

{{- /* The container, the same in both modes and in the check before an upgrade. Takes root and name of the ConfigMap. */ -}}
{{- define "sluice.securityContext" -}}
runAsNonRoot: true
runAsUser: 65532
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
capabilities: {drop: ["ALL"]}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "sluice.env" -}}
- {name: SLUICE_LOG, value: {{ .Values.logLevel | quote }}}
{{- with .Values.jvmOptions }}
- {name: JAVA_TOOL_OPTIONS, value: {{ . | quote }}}
{{- end }}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "sluice.mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: config, mountPath: /etc/sluice/config, readOnly: true}
{{- if include "sluice.hasTenants" . }}
- {name: tenants, mountPath: /etc/sluice/tenants, readOnly: true}
{{- end }}
{{- if and (include "sluice.hasTenants" .) .Values.tenants.salt.secretName }}
- {name: tenants-salt, mountPath: /etc/sluice/secrets/tenants-salt, readOnly: true}
{{- end }}
{{- if .Values.peers.enabled }}
- {name: peers, mountPath: /etc/sluice/secrets/peers, readOnly: true}
{{- end }}
{{- if .Values.plugins.volume }}
- {name: plugins, mountPath: /opt/sluice/plugins, readOnly: true}
{{- end }}
{{- range .Values.secrets }}
- {name: secret-{{ .name }}, mountPath: /etc/sluice/secrets/{{ .name }}, readOnly: true}
{{- end }}
{{- end -}}

{{- define "sluice.volumes" -}}
{{- $root := index . 0 -}}
{{- $suffix := index . 1 -}}
- {name: tmp, emptyDir: {sizeLimit: 64Mi}}
- {name: config, configMap: {name: {{ include "sluice.configName" $root }}{{ $suffix }}}}
{{- if $root.Values.tenants.secret }}
- {name: tenants, secret: {secretName: {{ $root.Values.tenants.secret }}}}
{{- else if $root.Values.tenants.configMap }}
- {name: tenants, configMap: {name: {{ $root.Values.tenants.configMap }}}}
{{- else if and $root.Values.tenants.inline $root.Values.tenants.inSecret }}
- {name: tenants, secret: {secretName: {{ include "sluice.name" $root }}-tenants{{ $suffix }}}}
{{- else if $root.Values.tenants.inline }}
- {name: tenants, configMap: {name: {{ include "sluice.name" $root }}-tenants{{ $suffix }}}}
{{- end }}
{{- if and (include "sluice.hasTenants" $root) $root.Values.tenants.salt.secretName }}
- {name: tenants-salt, secret: {secretName: {{ $root.Values.tenants.salt.secretName }}}}
{{- end }}
{{- if $root.Values.peers.enabled }}
- {name: peers, secret: {secretName: {{ include "sluice.peersSecret" $root }}{{ if not $root.Values.peers.secretName }}{{ $suffix }}{{ end }}}}
{{- end }}
{{- with $root.Values.plugins.volume }}
- name: plugins
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $root.Values.secrets }}
- {name: secret-{{ .name }}, secret: {secretName: {{ .secretName }}}}
{{- end }}
{{- end -}}

{{- /* What discovery watches: {"namespace": ["knative", …], …} as YAML, from the pools. */ -}}
{{- define "sluice.watched" -}}
{{- $watched := dict -}}
{{- $own := .Release.Namespace -}}
{{- range .Values.config.pools -}}
  {{- $patches := eq (((.prewarm | default dict).mode) | default "") "patch" -}}
  {{- range $kind, $spec := (.discovery | default dict) -}}
    {{- if has $kind (list "knative" "kserve" "inferencePool" "pods") -}}
      {{- $namespace := (get $spec "namespace") | default $own -}}
      {{- if $patches }}{{ $_ := set $watched $namespace (append (get $watched $namespace | default list) "prewarm" | uniq | sortAlpha) }}{{ end -}}
      {{- $_ := set $watched $namespace (append (get $watched $namespace | default list) $kind | uniq | sortAlpha) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- $watched | toYaml -}}
{{- end -}}
