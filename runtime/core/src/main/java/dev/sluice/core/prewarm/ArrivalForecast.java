package dev.sluice.core.prewarm;

import java.util.Arrays;

/**
 * How many requests a second will come. Three things are believed: what comes now, that it goes on to grow or shrink for a while, and
 * that a day is like the days before.
 *
 * <p>The first two are exponential smoothing of counts in bins of 10 s with a trend that fades (C. C. Holt 1957; E. S. Gardner and E.
 * McKenzie, "Forecasting trends in time series", Management Science 31, 1985). The third is P. R. Winters' season (1960), a day of
 * quarters of an hour, but learned by itself: a level that follows within a minute would swallow it. So there are two forecasts, by
 * the trend and by the difference that the day's profile has between then and now, and the larger one counts: a pod too many for a
 * while costs less than a start that clients wait for.
 *
 * <p>Not thread-safe, like all of core; time is an argument, seconds since 1970, so that days begin where the clock's days do.
 */
public final class ArrivalForecast {
    /** Length of a bin. */
    public static final int BIN = 10;

    private static final int DAY = 86_400;
    private static final int QUARTER = 900;
    private static final int QUARTERS = DAY / QUARTER;
    /** Share of the newest bin in the level: half of what is known is from the last 20 s. */
    private static final double ALPHA = 0.3;

    private static final double BETA = 0.1;
    /** A trend has lost half after four minutes. */
    private static final double PHI = 0.97;
    /** Share of the newest day in the profile. */
    private static final double GAMMA = 0.3;

    private final double[] profile = new double[QUARTERS];
    private double level;
    private double trend;
    private boolean begun;
    private long bin = Long.MIN_VALUE;
    private long count;
    private long quarter = Long.MIN_VALUE;
    private double quarterSum;
    private int quarterBins;

    /** Nothing has come yet. */
    public ArrivalForecast() {
        Arrays.fill(profile, Double.NaN);
    }

    /**
     * So many requests have come since this was called last. To be called at least once in a bin.
     *
     * @param second now; a clock that goes back counts as standing still
     */
    public void arrived(long requests, long second) {
        long now = Math.floorDiv(second, BIN);
        if (bin == Long.MIN_VALUE) {
            bin = now;
        }
        if (now - bin > DAY / BIN) {
            bin = now; // who slept for a day knows only what days are like
            level = 0;
            trend = 0;
            count = 0;
            quarter = Long.MIN_VALUE;
        }
        while (bin < now) {
            close((double) count / BIN);
            count = 0;
            bin++;
        }
        count += requests;
    }

    private void close(double rate) {
        if (!begun) {
            begun = true;
            level = rate;
        } else {
            double before = level;
            level = ALPHA * rate + (1 - ALPHA) * (level + PHI * trend);
            trend = BETA * (level - before) + (1 - BETA) * PHI * trend;
        }
        long now = Math.floorDiv(bin * BIN, QUARTER);
        if (now != quarter) {
            learn();
            quarter = now;
            quarterSum = 0;
            quarterBins = 0;
        }
        quarterSum += rate;
        quarterBins++;
    }

    /** A quarter that was seen at least by half. */
    private void learn() {
        if (quarter == Long.MIN_VALUE || quarterBins * 2 * BIN < QUARTER) {
            return;
        }
        int at = Math.floorMod(quarter, QUARTERS);
        double mean = quarterSum / quarterBins;
        profile[at] = Double.isNaN(profile[at]) ? mean : profile[at] + GAMMA * (mean - profile[at]);
    }

    /** Requests a second now. */
    public double rate() {
        return Math.max(0, level);
    }

    /**
     * Requests a second at a later time.
     *
     * @param second now
     * @param ahead seconds from now, at least 0
     */
    public double rate(long second, long ahead) {
        double bins = (double) ahead / BIN;
        double byTrend = level + trend * PHI * (1 - Math.pow(PHI, bins)) / (1 - PHI);
        double byDay = level + profile(second + ahead) - profile(second);
        return Math.max(0, Double.isNaN(byDay) ? byTrend : Math.max(byTrend, byDay));
    }

    /**
     * Requests that come from now on within so many seconds.
     *
     * @param second now
     */
    public double within(long second, long seconds) {
        // Simpson's rule: the forecast bends once at most within an hour.
        return seconds * (rate(second, 0) + 4 * rate(second, seconds / 2) + rate(second, seconds)) / 6;
    }

    /** The day's usual rate at that time, between the middles of quarters; NaN where it is not known. */
    private double profile(long second) {
        double at = (double) Math.floorMod(second, DAY) / QUARTER - 0.5;
        int left = (int) Math.floor(at);
        double share = at - left;
        double a = profile[Math.floorMod(left, QUARTERS)];
        double b = profile[Math.floorMod(left + 1, QUARTERS)];
        return a + share * (b - a);
    }
}
