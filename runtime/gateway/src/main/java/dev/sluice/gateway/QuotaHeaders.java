package dev.sluice.gateway;

import dev.sluice.core.quota.Exceeded;
import dev.sluice.core.quota.Standing;
import dev.sluice.gateway.http.HeaderBlock;
import dev.sluice.gateway.stream.GatewayError;
import java.util.function.BiConsumer;

/** What a tenant is told of its limits, in OpenAI's headers. */
final class QuotaHeaders {
    private QuotaHeaders() {}

    static void add(Standing standing, HeaderBlock block) {
        each(standing, block::add);
    }

    /** Names each header and its value. */
    static void each(Standing standing, BiConsumer<String, String> each) {
        each("requests", standing.requests(), each);
        each("tokens", standing.tokens(), each);
    }

    private static void each(String what, Standing.Row row, BiConsumer<String, String> each) {
        if (row.limit() > 0) {
            each.accept("x-ratelimit-limit-" + what, Long.toString(row.limit()));
            each.accept("x-ratelimit-remaining-" + what, Long.toString(row.left()));
            each.accept("x-ratelimit-reset-" + what, duration(row.untilFull()));
        }
    }

    /** {@code 1m12s}, {@code 20ms}: as OpenAI writes it. */
    static String duration(long nanos) {
        long millis = (nanos + 999_999) / 1_000_000;
        if (millis < 1000) {
            return millis + "ms";
        }
        long seconds = (millis + 999) / 1000;
        return seconds < 60 ? seconds + "s" : seconds / 60 + "m" + seconds % 60 + "s";
    }

    /** What a refusal says. */
    static Refused refused(Exceeded exceeded) {
        int seconds = Math.clamp((exceeded.waits() + 999_999_999L) / 1_000_000_000L, 1, 3600);
        return switch (exceeded.what()) {
            case REQUESTS ->
                new Refused(
                        GatewayError.RATE_LIMIT_EXCEEDED,
                        "Too many requests per minute; try again in " + seconds + " s.",
                        "requests_per_minute",
                        seconds);
            case CONCURRENT ->
                new Refused(
                        GatewayError.RATE_LIMIT_EXCEEDED,
                        "Too many requests at once; try again when one of yours has ended.",
                        "concurrent",
                        seconds);
            case TOKENS ->
                new Refused(
                        GatewayError.QUOTA_EXCEEDED,
                        "Too many tokens per minute; try again in " + seconds + " s.",
                        "tokens_per_minute",
                        seconds);
        };
    }
}
