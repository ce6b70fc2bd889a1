package dev.sluice.gateway.config;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations: {@code 50ms}, {@code 1s}, {@code 1.5s}, {@code 5m}, {@code 1h30m}. */
final class DurationForm implements Codec<Duration> {
    private static final Pattern PART = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,6})?)(us|µs|ms|s|m|h)");
    private static final Pattern FORM = Pattern.compile("([0-9]{1,9}(\\.[0-9]{1,6})?(us|µs|ms|s|m|h))+");

    @Override
    public Optional<Duration> read(Node node, Reading at) {
        if (!(node instanceof Node.Scalar scalar)) {
            return at.expected(notation(), node);
        }
        if (scalar.kind() == Node.Kind.INTEGER || scalar.kind() == Node.Kind.DECIMAL) {
            return at.error(node, "a duration needs a unit: ms, s, m or h, as in " + scalar.text() + "s");
        }
        if (scalar.text().length() > 64 || !FORM.matcher(scalar.text()).matches()) {
            return at.expected(notation(), node);
        }
        double micros = 0;
        for (Matcher part = PART.matcher(scalar.text()); part.find(); ) {
            micros += Double.parseDouble(part.group(1)) * microsOf(part.group(2));
        }
        return Optional.of(Duration.ofNanos(Math.round(micros) * 1000));
    }

    private static double microsOf(String unit) {
        return switch (unit) {
            case "ms" -> 1e3;
            case "s" -> 1e6;
            case "m" -> 60e6;
            case "h" -> 3600e6;
            default -> 1;
        };
    }

    @Override
    public String notation() {
        return "a duration such as 50ms, 1s, 5m";
    }

    @Override
    public Map<String, Object> schema() {
        return Map.of("type", "string", "pattern", "^" + FORM.pattern() + "$");
    }

    /** In the largest unit that loses nothing. */
    @Override
    public String show(Duration value) {
        long micros = value.toNanos() / 1000;
        long[] sizes = {3_600_000_000L, 60_000_000L, 1_000_000L, 1000L};
        String[] units = {"h", "m", "s", "ms"};
        for (int i = 0; i < sizes.length; i++) {
            if (micros != 0 && micros % sizes[i] == 0) {
                return micros / sizes[i] + units[i];
            }
        }
        return micros == 0 ? "0s" : micros + "us";
    }

    @Override
    public double measure(Duration value) {
        return value.toNanos() / 1e9;
    }

    @Override
    public String unit() {
        return " seconds";
    }
}
