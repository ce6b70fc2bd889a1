package dev.sluice.core.prewarm;

import java.util.Optional;

/**
 * When a revision's least number of pods is changed. It goes up at once, and down only when less was enough for a while; how long
 * that is stands in the object itself, so that several gateways, and one that was started again, hold it together: who wants as much
 * as there is prolongs it, and nobody lowers it before its time. Below what it was before the first change it never goes.
 *
 * @param most pods that are asked for at most
 * @param hold how long less must be enough, ms
 */
public record ScaleAhead(int most, long hold) {
    /**
     * What the object says.
     *
     * @param least pods now
     * @param floor pods that it had before anything was changed
     * @param until nobody lowers it before, ms since 1970; 0 for any time
     */
    public record Now(int least, int floor, long until) {}

    /** What it should say. */
    public record Change(int least, long until) {}

    /**
     * Pods that are needed.
     *
     * @param expected requests that come while the answer stands; less than one wants no pod
     * @param rate requests a second
     * @param seconds of an engine for each; NaN when that is not known
     * @param perPod requests that one pod is meant to hold, above 0
     */
    public static int pods(double expected, double rate, double seconds, double perPod) {
        if (!(expected >= 1)) {
            return 0;
        }
        double pods = Double.isNaN(seconds) ? 1 : Math.ceil(rate * seconds / perPod - 1e-9);
        return (int) Math.clamp(pods, 1, 1000);
    }

    /**
     * What to change; empty when it stays.
     *
     * @param wanted pods
     * @param time ms since 1970
     */
    public Optional<Change> decide(int wanted, Now now, long time) {
        int bounded = Math.max(now.floor(), Math.min(wanted, most));
        if (bounded > now.least()) {
            return Optional.of(new Change(bounded, time + hold));
        }
        boolean ours = now.least() > now.floor();
        if (!ours) {
            return Optional.empty();
        }
        if (bounded == now.least()) {
            return now.until() - time < hold / 2 ? Optional.of(new Change(bounded, time + hold)) : Optional.empty();
        }
        return time < now.until()
                ? Optional.empty()
                : Optional.of(new Change(bounded, bounded > now.floor() ? time + hold : 0));
    }
}
