package dev.sluice.gateway.trace;

import java.util.HexFormat;
import java.util.Optional;

/**
 * A {@code traceparent} header: who asks, in which trace. W3C Trace Context, level 1, section 3.2.
 *
 * @param high the trace id's first 64 bits
 * @param low and its last
 * @param span whose child the request is; never 0
 * @param sampled whoever asks has decided to keep this trace
 */
record Traceparent(long high, long low, long span, boolean sampled) {
    private static final int LENGTH = 55;
    private static final HexFormat HEX = HexFormat.of();

    /** What a header says; empty when it is none that counts. Later versions are read as far as they look like this one. */
    static Optional<Traceparent> of(String header) {
        boolean longer = header.length() > LENGTH && header.charAt(LENGTH) == '-' && !header.startsWith("00");
        if ((header.length() != LENGTH && !longer)
                || header.startsWith("ff")
                || !lowerHex(header, 0, 2)
                || header.charAt(2) != '-'
                || !lowerHex(header, 3, 35)
                || header.charAt(35) != '-'
                || !lowerHex(header, 36, 52)
                || header.charAt(52) != '-'
                || !lowerHex(header, 53, 55)) {
            return Optional.empty();
        }
        long high = HexFormat.fromHexDigitsToLong(header, 3, 19);
        long low = HexFormat.fromHexDigitsToLong(header, 19, 35);
        long span = HexFormat.fromHexDigitsToLong(header, 36, 52);
        boolean sampled = (HexFormat.fromHexDigits(header, 53, 55) & 1) != 0;
        return (high | low) == 0 || span == 0
                ? Optional.empty()
                : Optional.of(new Traceparent(high, low, span, sampled));
    }

    private static boolean lowerHex(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }

    /** As a header. */
    String header() {
        return "00-" + HEX.toHexDigits(high) + HEX.toHexDigits(low) + "-" + HEX.toHexDigits(span)
                + (sampled ? "-01" : "-00");
    }
}
