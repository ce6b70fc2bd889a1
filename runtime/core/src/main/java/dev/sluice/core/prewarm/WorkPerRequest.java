package dev.sluice.core.prewarm;

/**
 * Seconds of an engine that a request takes on average, from how many are there at a time and how many come: J. D. C. Little's law
 * (1961), which asks for no knowledge of any single one. Where prefill and decode are apart there is one of these for each, and the
 * quotient of the two is the quotient of the engines that are needed.
 *
 * <p>Older times count half after five minutes. While nothing happens nothing is learned, and nothing forgotten.
 */
public final class WorkPerRequest {
    private static final double HALF_LIFE = 300;

    private double area;
    private double arrivals;

    /**
     * What was seen since the last call.
     *
     * @param seconds of time that have passed
     * @param requests that came meanwhile
     * @param inFlight requests that engines were at, without those that wait
     */
    public void look(double seconds, long requests, double inFlight) {
        if (seconds <= 0 || (requests == 0 && inFlight <= 0)) {
            return;
        }
        double kept = Math.pow(0.5, seconds / HALF_LIFE);
        area = area * kept + inFlight * seconds;
        arrivals = arrivals * kept + requests;
    }

    /** Seconds for each request; NaN before enough were seen. */
    public double seconds() {
        return arrivals < 1 ? Double.NaN : area / arrivals;
    }
}
