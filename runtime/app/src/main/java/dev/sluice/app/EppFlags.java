package dev.sluice.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Flags of llm-d's picker, those of older releases too, that {@code epp} has no option for: each is refused with the reason, or
 * has no effect here and says why. What is in neither table is not known, and warned about.
 */
final class EppFlags {
    private static final String ENGINES =
            "names no metric of vLLM's: only those are read, and llm-d has removed the flag";
    private static final String USUAL = "it is what is read anyway";
    private static final String SCHEDULE = "metrics are read when there is traffic, on a schedule of Sluice's own";
    private static final String LOGS = "set SLUICE_LOG=debug instead";

    private static final Map<String, String> REFUSED = new TreeMap<>(Map.ofEntries(
            Map.entry("metrics-client-ca-file", "TLS on the metrics listener is not supported yet"),
            Map.entry("metrics-cert-dir", "TLS on the metrics listener is not supported yet")));

    /** Flags that name the engine's metrics, and vLLM's names for them: KServe's templates up to 0.19 set some. */
    private static final Map<String, Set<String>> METRICS = new TreeMap<>(Map.of(
            "total-queued-requests-metric", Set.of("vllm:num_requests_waiting"),
            "total-running-requests-metric", Set.of("vllm:num_requests_running"),
            "kv-cache-usage-percentage-metric", Set.of("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"),
            "lora-info-metric", Set.of("vllm:lora_requests_info"),
            "cache-info-metric", Set.of("vllm:cache_config_info")));

    private static final Map<String, String> WITHOUT_EFFECT = new TreeMap<>(Map.ofEntries(
            Map.entry("grpc-max-send-msg-size", "bodies go back in pieces of at most 62,000 bytes"),
            Map.entry(
                    "ha-enable-leader-election", "there is no leader to be elected, every picker knows all endpoints"),
            Map.entry("emit-endpoint-scores", "scores are in explain, see docs/interfaces.md"),
            Map.entry("tls-min-version", "TLS 1.2 and 1.3 are offered"),
            Map.entry("tls-cipher-suites", "the suites that the JDK thinks safe are offered"),
            Map.entry("enable-cert-reload", "renewed certificates are always taken over"),
            Map.entry("health-checking", "health is always served"),
            Map.entry("tracing", "traces are set in traces of the gateway's own form (docs/configuration.md)"),
            Map.entry("enable-pprof", "a JVM is profiled from outside, with jcmd"),
            Map.entry("metrics-endpoint-auth", "it needs Kubernetes: /metrics is open to whoever reaches its port"),
            Map.entry("enable-grpc-stream-metrics", "requests are counted instead, see docs/metrics.md"),
            Map.entry("allow-experimental-plugins", "every type that is known may be used"),
            Map.entry("refresh-metrics-interval", SCHEDULE),
            Map.entry("refresh-prometheus-metrics-interval", SCHEDULE),
            Map.entry("metrics-staleness-threshold", SCHEDULE),
            Map.entry("model-server-metrics-port", "an endpoint's own port is asked"),
            Map.entry("model-server-metrics-path", "/metrics is asked"),
            Map.entry("model-server-metrics-scheme", "an endpoint's own scheme is used"),
            Map.entry("model-server-metrics-https-insecure-skip-verify", "engines' certificates are always checked"),
            Map.entry("v", LOGS),
            Map.entry("zap-devel", LOGS),
            Map.entry("zap-encoder", LOGS),
            Map.entry("zap-log-level", LOGS),
            Map.entry("zap-stacktrace-level", LOGS),
            Map.entry("zap-time-encoding", LOGS)));

    /** A flag of more than a letter. */
    private static final Pattern FLAG = Pattern.compile("--?[A-Za-z][A-Za-z0-9-]+(=.*)?", Pattern.DOTALL);

    private static final Pattern CAPITAL = Pattern.compile("[A-Z]");

    private EppFlags() {}

    /**
     * What is to be said of flags.
     *
     * @param errors they must not be given
     * @param warnings they are left out
     */
    record Judged(List<String> errors, List<String> warnings) {}

    /**
     * The same words with every flag as {@code --kebab-case}: Go's flags, which older releases of llm-d had, take one dash as well as
     * two, and some were camelCase.
     */
    static String[] spelled(String... words) {
        String[] spelled = words.clone();
        for (int i = 0; i < words.length; i++) {
            if (!FLAG.matcher(words[i]).matches() || (i > 0 && spelled[i - 1].equals("--config-text"))) {
                continue;
            }
            int end = words[i].indexOf('=');
            String name = end < 0 ? words[i] : words[i].substring(0, end);
            String kebab = CAPITAL.matcher(name)
                    .replaceAll(capital -> "-" + capital.group().toLowerCase(Locale.ROOT));
            spelled[i] = (kebab.startsWith("--") ? kebab : "-" + kebab) + words[i].substring(name.length());
        }
        return spelled;
    }

    /** Judges what the command line has no option for: flags, and values behind them. */
    static Judged judge(List<String> words) {
        List<String> errors = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (!word.startsWith("-")) {
                continue;
            }
            String bare = word.replaceFirst("^--?", "");
            String name = bare.replaceFirst("=.*", "");
            boolean off = bare.equals(name + "=false");
            if (METRICS.containsKey(name)) {
                String value = !bare.equals(name)
                        ? bare.substring(name.length() + 1)
                        : i + 1 < words.size() ? words.get(i + 1) : "";
                if (value.isEmpty() || METRICS.getOrDefault(name, Set.of()).contains(value)) {
                    warnings.add("--" + name + " has no effect: " + USUAL);
                } else {
                    errors.add("--" + name + " " + value + " " + ENGINES);
                }
            } else if (REFUSED.containsKey(name) && !off) {
                errors.add("--" + name + " " + REFUSED.get(name));
            } else if (WITHOUT_EFFECT.containsKey(name)) {
                warnings.add("--" + name + " has no effect: " + WITHOUT_EFFECT.get(name));
            } else if (!REFUSED.containsKey(name)) {
                warnings.add(word.replaceFirst("=.*", "") + " is not known and has no effect");
            }
        }
        return new Judged(errors, warnings);
    }
}
