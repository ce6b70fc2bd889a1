package dev.sluice.gateway.engine;

import java.nio.charset.StandardCharsets;

/** Numbers as Prometheus pages write them. */
final class DecimalText {
    private static final double[] POWERS = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17
    };
    private static final long EXACT = 1L << 53;
    private static final int LONGEST = 64;

    private DecimalText() {}

    /**
     * The number at the start of this range, up to a blank (a time stamp may follow); NaN when there is none.
     *
     * <p>Up to 2^53 and 17 decimals the quotient of two exact doubles is the correctly rounded result (Clinger 1990); all
     * else, which is rare, goes the JDK's way.
     */
    static double parse(byte[] bytes, int from, int to) {
        long digits = 0;
        int decimals = -1;
        int i = from;
        for (; i < to; i++) {
            int b = bytes[i];
            if (b >= '0' && b <= '9') {
                digits = digits * 10 + (b - '0');
                decimals += decimals >= 0 ? 1 : 0;
                if (digits > EXACT) {
                    return slow(bytes, from, to);
                }
            } else if (b == '.' && decimals < 0) {
                decimals = 0;
            } else {
                break;
            }
        }
        boolean whole = i == to || isEnd(bytes[i]);
        boolean some = i - from > (decimals >= 0 ? 1 : 0);
        if (!whole || !some || decimals >= POWERS.length) {
            return slow(bytes, from, to);
        }
        return decimals <= 0 ? (double) digits : digits / POWERS[decimals];
    }

    private static double slow(byte[] bytes, int from, int to) {
        int end = from;
        while (end < to && !isEnd(bytes[end])) {
            if (++end - from > LONGEST) {
                return Double.NaN;
            }
        }
        String text = new String(bytes, from, end - from, StandardCharsets.ISO_8859_1);
        if (text.endsWith("Inf")) {
            return text.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private static boolean isEnd(int b) {
        return b == ' ' || b == '\t' || b == '\r';
    }
}
