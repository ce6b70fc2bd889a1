package dev.sluice.gateway.config;

import dev.sluice.spi.Range;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The number in a value that {@link Range} bounds: of lists their length, of durations the seconds, of sizes the bytes. */
record Measure(double number, String unit) {
    static Optional<Measure> of(Object value, Codecs codecs) {
        // Not a switch: a class would be made for it at each start.
        if (value instanceof Number number) {
            return Optional.of(new Measure(number.doubleValue(), ""));
        } else if (value instanceof Collection<?> items) {
            return Optional.of(new Measure(items.size(), " entries"));
        } else if (value instanceof Optional<?> optional) {
            return optional.flatMap(inner -> of(inner, codecs));
        } else if (value instanceof OptionalInt number) {
            return number.isPresent() ? of(number.getAsInt(), codecs) : Optional.empty();
        } else if (value instanceof OptionalLong number) {
            return number.isPresent() ? of(number.getAsLong(), codecs) : Optional.empty();
        } else if (value instanceof OptionalDouble number) {
            return number.isPresent() ? of(number.getAsDouble(), codecs) : Optional.empty();
        }
        return ofCodec(value, codecs);
    }

    private static Optional<Measure> ofCodec(Object value, Codecs codecs) {
        return codecs.find(value.getClass())
                .map(codec -> new Measure(codecs.measure(value), codec.unit()))
                .filter(measure -> !Double.isNaN(measure.number));
    }

    /** {@code must be 1 to 65535, is 70000}. */
    String outside(Range range) {
        String bounds = Double.isInfinite(range.max())
                ? "at least " + plain(range.min()) + unit
                : Double.isInfinite(range.min())
                        ? "at most " + plain(range.max()) + unit
                        : plain(range.min()) + " to " + plain(range.max()) + unit;
        return "must be " + bounds + ", is " + plain(number);
    }

    static String plain(double number) {
        return Double.isFinite(number)
                ? BigDecimal.valueOf(number).stripTrailingZeros().toPlainString()
                : "" + number;
    }
}
