package dev.sluice.gateway;

import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import dev.sluice.spi.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A configuration as llm-d's users have it, and what must come of it, both in one file. Its comments say where its like is
 * used, and then either {@code refused:} (path and message, one line each), or a decision: {@code request:},
 * one line for each candidate with its signals and, behind the arrow, its total worked out by hand or the filter that
 * removes it, and {@code picks:}, and for a request that may be split {@code prefills:}. A request may have a {@code session at} an
 * endpoint and {@code header NAME=VALUE}s. {@code warns:} lines are complete in both.
 */
record LlmdCase(
        Path file,
        List<String> refused,
        List<String> warns,
        int promptTokens,
        String sessionAt,
        Map<String, String> headers,
        List<Candidate> candidates,
        String picks,
        Optional<String> prefills) {
    private static final Pattern HEADER = Pattern.compile("header ([a-z0-9-]+)=([^, ]+)");
    /** Signals by the words of the files. */
    private static final Map<String, Signal> SIGNALS = Map.ofEntries(
            Map.entry("waiting", Signal.WAITING),
            Map.entry("running", Signal.RUNNING),
            Map.entry("kv", Signal.KV_USAGE),
            Map.entry("inflight", Signal.IN_FLIGHT_REQUESTS),
            Map.entry("tokens", Signal.IN_FLIGHT_TOKENS),
            Map.entry("pending", Signal.PENDING_PREFILL_TOKENS),
            Map.entry("cached", Signal.CACHED_TOKENS),
            Map.entry("rate", Signal.PREFILL_RATE),
            Map.entry("overhead", Signal.OVERHEAD_MS),
            Map.entry("tau", Signal.TOKEN_TIME_MS),
            Map.entry("sigma", Signal.TOKEN_TIME_SLOPE_MS),
            Map.entry("adapter-running", Signal.ADAPTER_RUNNING),
            Map.entry("adapter-waiting", Signal.ADAPTER_WAITING),
            Map.entry("adapters", Signal.ADAPTERS),
            Map.entry("max-adapters", Signal.MAX_ADAPTERS));

    /** An endpoint with what is known of it, and its total or the filter that removes it. */
    record Candidate(Endpoint endpoint, Map<Signal, Double> signals, Optional<Double> total, String removedBy) {}

    @Override
    public String toString() {
        return file.getFileName().toString();
    }

    static LlmdCase read(Path file) {
        List<String> refused = new ArrayList<>();
        List<String> warns = new ArrayList<>();
        List<Candidate> candidates = new ArrayList<>();
        int promptTokens = 1;
        String sessionAt = "";
        Map<String, String> headers = new LinkedHashMap<>();
        String picks = "";
        Optional<String> prefills = Optional.empty();
        for (String line : lines(file)) {
            String text = line.startsWith("# ") ? line.substring(2) : "";
            if (text.startsWith("refused: ")) {
                refused.add(text.substring(9));
            } else if (text.startsWith("warns: ")) {
                warns.add(text.substring(7));
            } else if (text.startsWith("picks: ")) {
                picks = text.substring(7);
            } else if (text.startsWith("prefills: ")) {
                prefills = Optional.of(text.substring(10));
            } else if (text.startsWith("request: ")) {
                promptTokens = Integer.parseInt(text.replaceAll("request: ([0-9]+) tokens.*", "$1"));
                sessionAt = text.contains("session at ") ? text.replaceAll(".*session at ([a-z]).*", "$1") : "";
                HEADER.matcher(text).results().forEach(m -> headers.put(m.group(1), m.group(2)));
            } else if (text.matches("[a-z]: .* => .*")) {
                candidates.add(candidate(text));
            }
        }
        return new LlmdCase(file, refused, warns, promptTokens, sessionAt, headers, candidates, picks, prefills);
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Candidate candidate(String text) {
        String id = text.substring(0, 1);
        int arrow = text.indexOf(" => ");
        String outcome = text.substring(arrow + 4);
        Map<Signal, Double> signals = new EnumMap<>(Signal.class);
        signals.put(Signal.BLOCK_SIZE, 16.0);
        Map<String, String> labels = new LinkedHashMap<>();
        for (String word : text.substring(3, arrow).split(" ")) {
            String name = word.substring(0, word.lastIndexOf('='));
            String value = word.substring(word.lastIndexOf('=') + 1);
            if (name.equals("role")) {
                labels.put(Role.LABEL, value);
            } else if (name.startsWith("label:")) {
                labels.put(name.substring(6), value);
            } else {
                signals.put(signal(name), Double.valueOf(value));
            }
        }
        Role role =
                Optional.ofNullable(labels.get(Role.LABEL)).flatMap(Role::of).orElse(Role.BOTH);
        Endpoint endpoint = new Endpoint(id, id + ":8000", role, labels);
        return outcome.startsWith("removed by ")
                ? new Candidate(endpoint, signals, Optional.empty(), outcome.substring(11))
                : new Candidate(endpoint, signals, Optional.of(number(outcome)), "");
    }

    private static Signal signal(String word) {
        Signal signal = SIGNALS.get(word);
        if (signal == null) {
            throw new IllegalArgumentException("no signal is called " + word);
        }
        return signal;
    }

    private static double number(String derivation) {
        return Double.parseDouble(
                derivation.substring(derivation.lastIndexOf('=') + 1).strip());
    }
}
