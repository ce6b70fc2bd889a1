package dev.sluice.core.flow;

/**
 * Why a request had to wait, as it was when it came.
 *
 * @param why the first thing that stood in its way
 * @param saturation of the pool; NaN when nobody asked
 * @param ceiling of its band that the saturation must be below; NaN likewise
 * @param ahead requests that waited in its band and in those above
 * @param expectedMs how long it was expected to wait; NaN when nothing was known
 */
public record Wait(Why why, double saturation, double ceiling, int ahead, double expectedMs) {
    /** It never waited. */
    public static final Wait NONE = new Wait(Why.NOTHING, Double.NaN, Double.NaN, 0, Double.NaN);

    /** What stands in a request's way. */
    public enum Why {
        /** Nothing. */
        NOTHING("nothing"),
        /** No endpoint is in service. */
        NO_ENDPOINT("no endpoint in service"),
        /** Every endpoint has as many requests as it may have. */
        NO_ROOM("every endpoint at its limit"),
        /** The pool is as full as its band may fill it. */
        SATURATED("pool saturated"),
        /** Others of its band, or of one above, wait already. */
        BEHIND("others ahead");

        private final String words;

        Why(String words) {
            this.words = words;
        }

        /** In words. */
        public String words() {
            return words;
        }
    }
}
