package dev.sluice.app;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * {@code /bin/sleep} of the image, which has no shell and no tools: Deployments that KServe makes for llm-d's picker call it before a
 * pod ends. Takes seconds as its last argument, with fractions if need be.
 */
final class Pause {
    private static final BigDecimal MOST = BigDecimal.valueOf(86_400_000);

    private Pause() {}

    /** Waits; ends with 2 when the last argument is no time of up to a day. */
    public static void main(String... arguments) throws InterruptedException {
        String seconds = arguments.length == 0 ? "" : arguments[arguments.length - 1];
        long millis = millis(seconds);
        if (millis < 0) {
            System.err.println("sleep: seconds are wanted, up to a day, not \"" + seconds + "\"");
            System.exit(Main.WRONG_USE);
        }
        Thread.sleep(millis);
    }

    /** Milliseconds, rounded up; -1 for what is no such time. */
    static long millis(String seconds) {
        try {
            BigDecimal millis = new BigDecimal(seconds.replaceFirst("s$", ""))
                    .movePointRight(3)
                    .setScale(0, RoundingMode.CEILING);
            return millis.signum() < 0 || millis.compareTo(MOST) > 0 ? -1 : millis.longValueExact();
        } catch (NumberFormatException no) {
            return -1;
        }
    }
}
