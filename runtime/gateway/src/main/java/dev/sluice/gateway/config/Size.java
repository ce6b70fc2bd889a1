package dev.sluice.gateway.config;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes, written with a unit: {@code 512B}, {@code 32KiB}, {@code 64MiB}, {@code 2GiB}.
 *
 * @param bytes 0 or more
 */
public record Size(long bytes) {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,12})(B|KiB|MiB|GiB)");

    /** Refuses negative sizes. */
    public Size {
        if (bytes < 0) {
            throw new IllegalArgumentException("a size is never negative: " + bytes);
        }
    }

    /** As it is written, in the largest unit that loses nothing. */
    @Override
    public String toString() {
        String[] units = {"B", "KiB", "MiB", "GiB"};
        long value = bytes;
        int unit = 0;
        while (unit < 3 && value > 0 && value % 1024 == 0) {
            value /= 1024;
            unit++;
        }
        return value + units[unit];
    }

    static final class Form implements Codec<Size> {
        @Override
        public Optional<Size> read(Node node, Reading at) {
            if (!(node instanceof Node.Scalar scalar)) {
                return at.expected(notation(), node);
            }
            if (scalar.kind() == Node.Kind.INTEGER) {
                return at.error(node, "a size needs a unit: B, KiB, MiB or GiB, as in " + scalar.text() + "MiB");
            }
            Matcher matcher = FORM.matcher(scalar.text());
            if (!matcher.matches()) {
                return at.expected(notation(), node);
            }
            int shift = switch (matcher.group(2)) {
                case "KiB" -> 10;
                case "MiB" -> 20;
                case "GiB" -> 30;
                default -> 0;
            };
            long value = Long.parseLong(matcher.group(1));
            return value > Long.MAX_VALUE >> shift
                    ? at.error(node, "is too large")
                    : Optional.of(new Size(value << shift));
        }

        @Override
        public String notation() {
            return "a size such as 512B, 32KiB, 64MiB, 2GiB";
        }

        @Override
        public Map<String, Object> schema() {
            return Map.of("type", "string", "pattern", "^" + FORM.pattern() + "$");
        }

        @Override
        public double measure(Size value) {
            return value.bytes;
        }

        @Override
        public String unit() {
            return " bytes";
        }
    }
}
