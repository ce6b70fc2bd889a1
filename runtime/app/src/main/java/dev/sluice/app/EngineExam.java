package dev.sluice.app;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.gateway.config.PoolConfig;
import dev.sluice.gateway.config.SecretText;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Looks at one engine: health, version, models, cache, clock. */
final class EngineExam {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Duration.ofSeconds(3);
    private static final Duration CLOCK = Duration.ofSeconds(5);
    private static final Pattern CACHE = Pattern.compile("vllm:cache_config_info\\{([^}]*)}");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");

    private final String where;
    private final URI base;
    private final PoolConfig pool;
    private final List<Finding> findings = new ArrayList<>();

    EngineExam(String where, String engine, boolean secure, PoolConfig pool) {
        this.where = where;
        this.base = URI.create((secure ? "https://" : "http://") + engine);
        this.pool = pool;
    }

    List<Finding> findings() throws InterruptedException {
        try (HttpClient http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(LIMIT)
                .build()) {
            HttpResponse<String> models = get(http, "/v1/models");
            clock(models);
            String version = text(get(http, "/version"), "version").orElse("unknown");
            models(models, version);
            cache(get(http, pool.metrics().path()));
        } catch (IOException failed) {
            String message = failed.getMessage();
            findings.add(Finding.fail(
                    where,
                    "does not answer at " + base + ": "
                            + (message == null ? failed.getClass().getSimpleName() : message),
                    "is it running there, and may this machine reach it?"));
        }
        return findings;
    }

    private HttpResponse<String> get(HttpClient http, String path) throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(base.resolve(path)).timeout(LIMIT).GET();
        pool.credential().map(SecretText::value).ifPresent(key -> request.header("Authorization", "Bearer " + key));
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private void models(HttpResponse<String> answer, String version) {
        if (answer.statusCode() == 401 || answer.statusCode() == 403) {
            findings.add(Finding.fail(
                    where, "wants another key: /v1/models answered " + answer.statusCode(), "set pools[].credential"));
            return;
        }
        List<String> names = new ArrayList<>();
        parsed(answer.body()).path("data").forEach(m -> names.add(m.path("id").asText()));
        List<String> own = pool.models().names();
        if (answer.statusCode() != 200 || names.isEmpty()) {
            findings.add(Finding.fail(
                    where, "lists no models: /v1/models answered " + answer.statusCode(), "is it an OpenAI server?"));
        } else if (!own.isEmpty() && !names.contains(own.getFirst())) {
            findings.add(Finding.fail(
                    where,
                    "serves " + String.join(", ", names) + ", not " + own.getFirst(),
                    "make the first of pools[].models what the engine serves, or start it with --served-model-name"));
        } else {
            findings.add(Finding.ok(where, "vLLM " + version + " serves " + String.join(", ", names)));
        }
    }

    private void cache(HttpResponse<String> page) {
        Matcher line = CACHE.matcher(page.body());
        if (page.statusCode() != 200 || !line.find()) {
            findings.add(Finding.warn(
                    where,
                    "shows no vllm:cache_config_info at " + pool.metrics().path(),
                    "load and cache size are then only guessed; see pools[].metrics"));
            return;
        }
        String block = "";
        String caching = "";
        Matcher label = LABEL.matcher(line.group(1));
        while (label.find()) {
            block = label.group(1).equals("block_size") ? label.group(2) : block;
            caching = label.group(1).equals("enable_prefix_caching") ? label.group(2) : caching;
        }
        if (caching.equalsIgnoreCase("false")) {
            findings.add(Finding.warn(where, "keeps no prefix cache", "start it with --enable-prefix-caching"));
        }
        boolean other = pool.blockSize().isPresent()
                && !block.equals(Integer.toString(pool.blockSize().getAsInt()));
        if (other) {
            findings.add(Finding.warn(
                    where,
                    "has blocks of " + block + " tokens, pools[].blockSize says "
                            + pool.blockSize().getAsInt(),
                    "leave blockSize out"));
        }
    }

    private void clock(HttpResponse<?> answer) {
        Optional<String> date = answer.headers().firstValue("date");
        try {
            Duration off = Duration.between(
                            date.map(text -> Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text)))
                                    .orElse(Instant.now()),
                            Instant.now())
                    .abs();
            if (off.compareTo(CLOCK) > 0) {
                findings.add(Finding.warn(
                        where,
                        "its clock is " + off.toSeconds() + " s off ours",
                        "let both follow the same time server"));
            }
        } catch (DateTimeException strange) {
            findings.add(Finding.warn(where, "sends a date that is none: " + date.orElse(""), "no fix is needed"));
        }
    }

    private static Optional<String> text(HttpResponse<String> answer, String key) {
        return answer.statusCode() == 200
                ? Optional.ofNullable(parsed(answer.body()).path(key).textValue())
                : Optional.empty();
    }

    private static JsonNode parsed(String body) {
        try {
            return JSON.readTree(body);
        } catch (JacksonException none) {
            return JSON.createObjectNode();
        }
    }
}
