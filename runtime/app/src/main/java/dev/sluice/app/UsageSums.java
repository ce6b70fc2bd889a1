package dev.sluice.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Adds up the lines of usage logs. */
final class UsageSums {
    static final List<String> FIELDS =
            List.of("tenant", "key", "pool", "model", "adapter", "route", "outcome", "status", "day", "hour");

    private final ObjectMapper mapper = new ObjectMapper();
    private final List<String> by;
    private final UsagePrices prices;
    private final Map<List<String>, Row> rows = new TreeMap<>(Comparator.comparing(List::toString));
    private long unreadable;

    /**
     * A sum.
     *
     * @param cost 0 without prices
     */
    record Row(
            List<String> key, long requests, long prompt, long cached, long output, double engineSeconds, double cost) {
        Row plus(long morePrompt, long moreCached, long moreOutput, double seconds, double moreCost) {
            return new Row(
                    key,
                    requests + 1,
                    prompt + morePrompt,
                    cached + moreCached,
                    output + moreOutput,
                    engineSeconds + seconds,
                    cost + moreCost);
        }
    }

    UsageSums(List<String> by, UsagePrices prices) {
        this.by = List.copyOf(by);
        this.prices = prices;
    }

    void add(Path file) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.isBlank()) {
                    add(line);
                }
            }
        }
    }

    private void add(String line) {
        JsonNode entry;
        try {
            entry = mapper.readTree(line);
        } catch (JsonProcessingException cut) {
            unreadable++; // the last line of a process that was killed
            return;
        }
        if (!entry.isObject() || !entry.has("time")) {
            unreadable++;
            return;
        }
        List<String> key = new ArrayList<>();
        by.forEach(field -> key.add(value(entry, field)));
        long prompt = tokens(entry, "promptTokens");
        long cached = Math.min(prompt, tokens(entry, "cachedTokens"));
        long output = tokens(entry, "outputTokens");
        double seconds = 0;
        for (JsonNode leg : entry.path("engineSeconds")) {
            seconds += leg.asDouble();
        }
        rows.computeIfAbsent(List.copyOf(key), k -> new Row(k, 0, 0, 0, 0, 0, 0));
        double cost = prices.cost(entry.path("model").asText(), prompt, cached, output);
        double all = seconds;
        rows.computeIfPresent(List.copyOf(key), (k, row) -> row.plus(prompt, cached, output, all, cost));
    }

    private static String value(JsonNode entry, String field) {
        String time = entry.path("time").asText();
        return switch (field) {
            case "day" -> time.substring(0, Math.min(10, time.length()));
            case "hour" -> time.substring(0, Math.min(13, time.length()));
            default -> entry.path(field).asText();
        };
    }

    /** Unknown is left out of a sum. */
    private static long tokens(JsonNode entry, String field) {
        return Math.max(0, entry.path(field).asLong(0));
    }

    List<Row> rows() {
        return List.copyOf(rows.values());
    }

    /** Lines that are no entries. */
    long unreadable() {
        return unreadable;
    }
}
