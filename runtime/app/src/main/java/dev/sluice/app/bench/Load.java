package dev.sluice.app.bench;

import java.util.List;
import java.util.Locale;

/**
 * How requests are sent.
 *
 * @param bodies what is sent
 * @param connections at most so many at once
 * @param rate requests per second, open loop; 0 for a closed one
 * @param requests each sent once, so many in all; 0 for as many as the time allows
 */
record Load(Bodies bodies, int connections, double rate, long requests) {
    static Load closed(Bodies bodies, int connections) {
        return new Load(bodies, connections, 0, 0);
    }

    static Load open(Bodies bodies, int connections, double rate) {
        return new Load(bodies, connections, rate, 0);
    }

    static Load once(Bodies bodies, int connections) {
        return new Load(bodies, connections, 0, connections);
    }

    /** For the load generator, without target, bodies and processes. */
    List<String> arguments(double warmUpSeconds, double seconds) {
        return List.of(
                "-c",
                Integer.toString(connections),
                "-r",
                number(rate),
                "-n",
                Long.toString(requests),
                "-w",
                number(warmUpSeconds),
                "-d",
                number(seconds));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    @Override
    public String toString() {
        String loop = rate > 0
                ? String.format(Locale.ROOT, "open loop, %.0f requests/s, latency from the scheduled arrival", rate)
                : "closed loop";
        return loop + ", " + connections + " connections";
    }
}
