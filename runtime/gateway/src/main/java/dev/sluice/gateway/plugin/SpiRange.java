package dev.sluice.gateway.plugin;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Versions of the SPI that a plugin runs with, in the notation of OSGi and Maven: {@code [1.0,2)} is 1.0 and later, below
 * 2. A version without brackets means itself and all later ones of the same first number.
 *
 * @param text as it was written
 */
record SpiRange(String text, long low, boolean lowIncluded, long high, boolean highIncluded) {
    private static final Pattern RANGE = Pattern.compile(
            "([\\[(])\\s*([0-9]{1,6}(?:\\.[0-9]{1,6})?)\\s*,\\s*([0-9]{1,6}(?:\\.[0-9]{1,6})?)\\s*([])])");
    private static final Pattern ONE = Pattern.compile("[0-9]{1,6}(?:\\.[0-9]{1,6})?");
    private static final long MAJOR = 10_000_000L;

    /** Reads a range; empty when it is none. */
    static Optional<SpiRange> of(String text) {
        String bare = text.strip();
        if (ONE.matcher(bare).matches()) {
            long low = number(bare);
            return Optional.of(new SpiRange(bare, low, true, (low / MAJOR + 1) * MAJOR, false));
        }
        Matcher range = RANGE.matcher(bare);
        if (!range.matches()) {
            return Optional.empty();
        }
        SpiRange read = new SpiRange(
                bare,
                number(range.group(2)),
                range.group(1).equals("["),
                number(range.group(3)),
                range.group(4).equals("]"));
        boolean something = read.low < read.high || (read.low == read.high && read.lowIncluded && read.highIncluded);
        return something ? Optional.of(read) : Optional.empty();
    }

    boolean contains(String version) {
        long asked = number(version);
        return (lowIncluded ? asked >= low : asked > low) && (highIncluded ? asked <= high : asked < high);
    }

    private static long number(String version) {
        int dot = version.indexOf('.');
        return dot < 0
                ? Long.parseLong(version) * MAJOR
                : Long.parseLong(version.substring(0, dot)) * MAJOR + Long.parseLong(version.substring(dot + 1));
    }
}
