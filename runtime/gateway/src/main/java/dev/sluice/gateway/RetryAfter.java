package dev.sluice.gateway;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** How long an engine asks to be left alone, as we pass it on: whole seconds, rounded up, at least one. */
final class RetryAfter {
    private static final double MOST = Duration.ofDays(1).toSeconds();

    private RetryAfter() {}

    /** @param said the engine's header: seconds, with a fraction from some, or a date; anything else is a second */
    static String seconds(Optional<String> said) {
        return seconds(said, Clock.systemUTC());
    }

    static String seconds(Optional<String> said, Clock clock) {
        return Long.toString((long) Math.ceil(
                Math.clamp(said.map(text -> parse(text, clock)).orElse(1.0), 1, MOST)));
    }

    private static double parse(String text, Clock clock) {
        try {
            double seconds = Double.parseDouble(text);
            return Double.isNaN(seconds) ? 1 : seconds;
        } catch (NumberFormatException noNumber) {
            return untilDate(text, clock);
        }
    }

    private static double untilDate(String text, Clock clock) {
        try {
            Instant at = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text));
            return Duration.between(clock.instant(), at).toMillis() / 1e3;
        } catch (DateTimeException noDate) {
            return 1;
        }
    }
}
