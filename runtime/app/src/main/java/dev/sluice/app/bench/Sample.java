package dev.sluice.app.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/**
 * What the load generator saw in one run.
 *
 * @param answers complete ones
 * @param failed answers other than 200, cut streams, broken connections
 * @param unfinished requests without an answer at the end
 * @param perSecond answers per second
 * @param p50 of latency, ms
 * @param p99 of latency, ms
 * @param eventsPerSecond of streams
 * @param gapP50 from one event of a stream to its next, ms
 * @param gapP99 from one event of a stream to its next, ms
 * @param events of streams
 * @param cpuSeconds of the gateway; 0 when there is none
 * @param rssKb of the gateway at the end, KiB; 0 when there is none
 */
record Sample(
        long answers,
        long failed,
        long unfinished,
        double perSecond,
        double p50,
        double p99,
        double eventsPerSecond,
        double gapP50,
        double gapP99,
        long events,
        double cpuSeconds,
        long rssKb) {
    /** The name under which the gateway's process is given to the load generator. */
    static final String GATEWAY = "gateway";

    /** Reads the generator's line. */
    static Sample parse(String line) throws IOException {
        JsonNode json;
        try {
            json = new ObjectMapper().readTree(line);
        } catch (JsonProcessingException e) {
            throw new IOException("the load generator said: " + line, e);
        }
        return new Sample(
                json.path("good").asLong(),
                json.path("bad").asLong()
                        + json.path("cut").asLong()
                        + json.path("errors").asLong(),
                json.path("unfinished").asLong(),
                json.path("perSecond").asDouble(),
                json.path("p50").asDouble(),
                json.path("p99").asDouble(),
                json.path("events").asLong()
                        / Math.max(1e-9, json.path("seconds").asDouble()),
                json.path("gapP50").asDouble(),
                json.path("gapP99").asDouble(),
                json.path("events").asLong(),
                json.path("cpu").path(GATEWAY).asDouble(),
                json.path("rssKb").path(GATEWAY).asLong());
    }

    /** Microseconds of the gateway's CPU for each request. */
    double cpuPerRequest() {
        return cpuSeconds * 1e6 / Math.max(1, answers + failed);
    }

    /** Microseconds of the gateway's CPU for each event of a stream. */
    double cpuPerEvent() {
        return cpuSeconds * 1e6 / Math.max(1, events);
    }
}
