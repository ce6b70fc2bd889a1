package dev.sluice.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Locale;

/** What the demo says of the gateway's decisions, asked of its admin port like anybody would. */
final class DemoDecisions {
    private static final String SERIES = "sluice_decision_duration_seconds_";

    private DemoDecisions() {}

    static String text(int adminPort, String lastId) throws IOException, InterruptedException {
        String admin = "http://127.0.0.1:" + adminPort;
        try (HttpClient http = HttpClient.newHttpClient()) {
            String metrics = get(http, admin + "/metrics");
            double count = value(metrics, SERIES + "count ");
            String made = String.format(
                    Locale.ROOT,
                    "%ndecisions: %.0f, half of them within %.3g ms%n",
                    count,
                    1000 * median(metrics, count));
            return made + example(new ObjectMapper().readTree(get(http, admin + "/explain/" + lastId)));
        }
    }

    private static String example(JsonNode why) {
        JsonNode decision = why.path("decision");
        return String.format(
                Locale.ROOT,
                "  the last one: %,d prompt tokens, %,d of them expected in the cache of %s:%n"
                        + "  %,.0f ms of work there, %,.0f ms at the next best, %s%n",
                decision.path("promptTokens").asLong(),
                decision.path("cachedTokens").asLong(),
                decision.path("endpoint").asText(),
                cost(why, "picked"),
                cost(why, "runnerUp"),
                why.path("runnerUp").asText());
    }

    private static double cost(JsonNode why, String which) {
        for (JsonNode candidate : why.path("candidates")) {
            if (candidate.path("endpoint").asText().equals(why.path(which).asText())) {
                return candidate.at("/terms/cost_ms").asDouble();
            }
        }
        return Double.NaN;
    }

    /** The histogram's bucket that holds the middle one, upper end, seconds. */
    private static double median(String metrics, double count) {
        String bucket = SERIES + "bucket{le=\"";
        return metrics.lines()
                .filter(l -> l.startsWith(bucket) && value(l, bucket) >= count / 2)
                .mapToDouble(l -> Double.parseDouble(l.substring(bucket.length(), l.indexOf('"', bucket.length()))
                        .replace("+Inf", "Infinity")))
                .min()
                .orElse(Double.NaN);
    }

    private static double value(String metrics, String line) {
        return metrics.lines()
                .filter(l -> l.startsWith(line))
                .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' '))))
                .sum();
    }

    private static String get(HttpClient http, String uri) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(URI.create(uri)).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
