package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Request;
import dev.sluice.spi.Signal;

/** Predicted latencies of a request on each candidate, and what they leave of its objectives. NaN when nothing is predicted. */
sealed interface Latency {
    String PRODUCER = "predicted-latency-producer";

    /** @throws dev.sluice.spi.ConfigException when there is no such producer */
    static Latency of(String producer, PluginContext context) {
        return Producers.prefix(producer, PRODUCER, context)
                .<Latency>map(Published::new)
                .orElse(LearnedLatency.DEFAULT);
    }

    /** Predicted time to first token, ms. */
    double ttft(Request request, Candidates candidates, int index);

    /** Predicted time per output token, ms. */
    double tpot(Request request, Candidates candidates, int index);

    /** What the prediction leaves of the wanted time to first token, ms; negative when it is too long or none is wanted. */
    double ttftHeadroom(Request request, Candidates candidates, int index);

    /** The same for the time per output token; 0 where that is not looked at. */
    double tpotHeadroom(Request request, Candidates candidates, int index);

    /** Read from the attributes of a producer. */
    record Published(String ttft, String tpot, String ttftHeadroom, String tpotHeadroom) implements Latency {
        Published(String producer) {
            this(
                    producer + "/ttft-ms",
                    producer + "/tpot-ms",
                    producer + "/ttft-headroom-ms",
                    producer + "/tpot-headroom-ms");
        }

        @Override
        public double ttft(Request request, Candidates candidates, int index) {
            return candidates.attribute(index, ttft);
        }

        @Override
        public double tpot(Request request, Candidates candidates, int index) {
            return candidates.attribute(index, tpot);
        }

        @Override
        public double ttftHeadroom(Request request, Candidates candidates, int index) {
            return candidates.attribute(index, ttftHeadroom);
        }

        @Override
        public double tpotHeadroom(Request request, Candidates candidates, int index) {
            return candidates.attribute(index, tpotHeadroom);
        }
    }

    /**
     * From the rates that the gateway learns from every answer, with no service beside it:
     * <pre>
     *   ttft = overhead + (Q + max(1, n - h)) / rate        Q: uncached prompt tokens ahead, n - h: own ones
     *   tpot = tau + sigma * k                              k: requests in flight there
     * </pre>
     * Headroom is objective - prediction, with an objective of 0 for a request that has none, so that its headrooms are all
     * negative and the least negative one is the fastest endpoint, as in llm-d.
     *
     * @param tpotFactor what a TPOT objective is multiplied by
     * @param streaming false: TPOT counts as met everywhere, with a headroom of 0
     * @param roleLabel endpoints whose label says {@code prefill} generate nothing: TPOT counts as met; empty: no label
     */
    record LearnedLatency(double tpotFactor, boolean streaming, String roleLabel) implements Latency {
        static final LearnedLatency DEFAULT = new LearnedLatency(1, false, "");

        @Override
        public double ttft(Request request, Candidates candidates, int index) {
            double prompt = Known.promptTokens(request, candidates, index);
            double own = Math.max(1, prompt - Known.cachedTokens(candidates, index, prompt));
            double ahead = Known.amount(candidates, index, Signal.PENDING_PREFILL_TOKENS);
            double rate = Known.amount(candidates, index, Signal.PREFILL_RATE);
            double overhead = Known.amount(candidates, index, Signal.OVERHEAD_MS);
            double ms = overhead + 1000 * (ahead + own) / rate;
            return ms <= Double.MAX_VALUE ? ms : Double.NaN;
        }

        @Override
        public double tpot(Request request, Candidates candidates, int index) {
            return Known.amount(candidates, index, Signal.TOKEN_TIME_MS)
                    + Known.amount(candidates, index, Signal.TOKEN_TIME_SLOPE_MS)
                            * Known.amount(candidates, index, Signal.IN_FLIGHT_REQUESTS);
        }

        @Override
        public double ttftHeadroom(Request request, Candidates candidates, int index) {
            return orNone(request.ttftObjectiveMs()) - ttft(request, candidates, index);
        }

        @Override
        public double tpotHeadroom(Request request, Candidates candidates, int index) {
            boolean prefill = !roleLabel.isEmpty()
                    && "prefill".equals(candidates.endpoint(index).labels().get(roleLabel));
            return !streaming || prefill
                    ? 0
                    : tpotFactor * orNone(request.tpotObjectiveMs()) - tpot(request, candidates, index);
        }

        private static double orNone(double objective) {
            return objective > 0 ? objective : 0;
        }
    }
}
