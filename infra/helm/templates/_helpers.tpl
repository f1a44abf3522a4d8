{{- define "weighhouse.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "weighhouse.selector" . }}
{{- end }}

{{- define "weighhouse.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "weighhouse.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "weighhouse.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "weighhouse.name" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "weighhouse.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}

{{/* Nobody's user, no capability, nothing writable. */}}
{{- define "weighhouse.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "weighhouse.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* A file of the secret, by the name of the setting that points at it. */}}
{{- define "weighhouse.secretFile" -}}
- name: {{ .setting }}
  value: /run/secrets/weighhouse/{{ .key }}
{{- end }}

{{/* A pod of serve or work. Call it with the dict root, program, port, args. */}}
{{- define "weighhouse.pod" -}}
{{- $values := .root.Values -}}
metadata:
  labels:
    {{- include "weighhouse.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .program }}
spec:
  serviceAccountName: {{ include "weighhouse.serviceAccount" .root }}
  {{- with $values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext: {{- include "weighhouse.podSecurity" .root | nindent 4 }}
  terminationGracePeriodSeconds: {{ .grace }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "weighhouse.selector" .root | nindent 10 }}
          app.kubernetes.io/component: {{ .program }}
  containers:
    - name: {{ .program }}
      image: {{ include "weighhouse.image" .root | quote }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      args: [{{ .program }}]
      securityContext: {{- include "weighhouse.containerSecurity" .root | nindent 8 }}
      env:
        - name: WEIGHHOUSE_PUBLIC_URL
          value: {{ $values.publicUrl | quote }}
        - name: WEIGHHOUSE_STORE_URL
          value: {{ $values.storeUrl | quote }}
        - name: WEIGHHOUSE_MAIL_FROM
          value: {{ $values.mailFrom | quote }}
        - name: WEIGHHOUSE_METRICS_LISTEN
          value: 0.0.0.0:9090
        {{- if eq .program "serve" }}
        - name: WEIGHHOUSE_LISTEN
          value: 0.0.0.0:8080
        {{- end }}
        {{- range .secrets }}
        {{- include "weighhouse.secretFile" . | nindent 8 }}
        {{- end }}
        {{- with $values.extraEnv }}{{- toYaml . | nindent 8 }}{{- end }}
      {{- with $values.extraEnvFrom }}
      envFrom: {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - { name: metrics, containerPort: 9090 }
        {{- if eq .program "serve" }}
        - { name: http, containerPort: 8080 }
      startupProbe:
        httpGet: { path: /healthz, port: http }
        periodSeconds: 1
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /healthz, port: http }
        periodSeconds: 10
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: http }
        periodSeconds: 5
        {{- else }}
      livenessProbe:
        httpGet: { path: /healthz, port: metrics }
        periodSeconds: 30
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: metrics }
        periodSeconds: 10
        {{- end }}
      resources: {{- toYaml .resources | nindent 8 }}
      volumeMounts:
        - { name: secrets, mountPath: /run/secrets/weighhouse, readOnly: true }
  volumes:
    - name: secrets
      secret:
        secretName: {{ $values.secrets.programs }}
        defaultMode: 0440
        items:
          {{- range .secrets }}
          - { key: {{ .key }}, path: {{ .key }} }
          {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
