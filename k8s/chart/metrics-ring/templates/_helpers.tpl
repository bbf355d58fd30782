{{- define "metrics-ring.fullname" -}}
{{- default (default "metrics-ring" .Values.nameOverride) .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "metrics-ring.selector" -}}
app.kubernetes.io/name: metrics-ring
{{- if ne .Release.Name "metrics-ring" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- end -}}

{{- define "metrics-ring.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
app.kubernetes.io/name: metrics-ring
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: metrics-ring
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "metrics-ring.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}

{{- define "metrics-ring.selfManaged" -}}
{{- if has .Values.tls.type (list "metrics-ring" "metrics-server") }}true{{ end -}}
{{- end -}}

{{- define "metrics-ring.tlsSecret" -}}
{{- if eq .Values.tls.type "existingSecret" }}{{ required "tls.type existingSecret needs tls.existingSecret.name" .Values.tls.existingSecret.name }}
{{- else }}{{ include "metrics-ring.fullname" . }}-tls{{ end -}}
{{- end -}}

{{- define "metrics-ring.metadata" -}}
{{- $name := printf "%s-%s" (include "metrics-ring.fullname" .root) .component -}}
name: {{ $name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "metrics-ring.labels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Everything of a pod of ours that is the same for both tiers. Takes root, component, port, grace. */}}
{{- define "metrics-ring.pod" -}}
{{- $root := .root -}}
{{- with $root.Values.schedulerName }}
schedulerName: {{ . }}
{{- end }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
serviceAccountName: {{ include "metrics-ring.fullname" $root }}-{{ .component }}
{{- with $root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
terminationGracePeriodSeconds: {{ .grace }}
{{- with $root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml $root.Values.podSecurityContext | nindent 2 }}
topologySpreadConstraints:
{{- with $root.Values.topologySpreadConstraints }}
  {{- toYaml . | nindent 2 }}
{{- else }}
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: DoNotSchedule
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "metrics-ring.selector" $root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "metrics-ring.selector" $root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
{{- end }}
{{- end -}}

{{- define "metrics-ring.env" -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_UID
  valueFrom:
    fieldRef:
      fieldPath: metadata.uid
- name: REDIS_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.redis.existingSecret.name }}
      key: {{ .Values.redis.existingSecret.key }}
{{- end -}}

{{/* Takes port, scheme (may be empty), and for readiness how often. */}}
{{- define "metrics-ring.probes" -}}
{{- range $probe := list (list "startupProbe" "/livez" 2 60) (list "livenessProbe" "/livez" 10 6) (list "readinessProbe" "/readyz" .readyEvery 3) }}
{{ index $probe 0 }}:
  httpGet:
    path: {{ index $probe 1 }}
    port: {{ $.port }}
    {{- with $.scheme }}
    scheme: {{ . }}
    {{- end }}
  periodSeconds: {{ index $probe 2 }}
  timeoutSeconds: 5
  failureThreshold: {{ index $probe 3 }}
{{- end }}
{{- end -}}

{{- define "metrics-ring.ports" -}}
{{- range . }}
- protocol: TCP
  port: {{ . }}
{{- end }}
{{- end -}}
