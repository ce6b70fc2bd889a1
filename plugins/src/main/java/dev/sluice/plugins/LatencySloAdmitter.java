package dev.sluice.plugins;

import dev.sluice.spi.Admission;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Request;
import dev.sluice.spi.Signal;
import java.util.Optional;

/**
 * llm-d's {@code latency-slo-admitter}: refuses a request of negative priority that has an objective which no endpoint is
 * predicted to meet, unless some endpoint has nothing running, has hardly used its KV cache yet (below 2 %, so that
 * predictions say little), or nothing is predicted at all. An objective that the request does not have is met.
 */
final class LatencySloAdmitter implements Admission {
    private static final double COLD = 0.02;

    private final Latency latency;

    LatencySloAdmitter(LatencySloAdmitterConfig config, PluginContext context) {
        latency = Latency.of(config.latencyPredictionInfoProducerName(), context);
    }

    @Override
    public Optional<String> refuse(Request request, Candidates candidates) {
        boolean objective = request.ttftObjectiveMs() > 0 || request.tpotObjectiveMs() > 0;
        if (request.priority() >= 0 || !objective) {
            return Optional.empty();
        }
        boolean predicted = false;
        for (int i = 0; i < candidates.size(); i++) {
            double ttft = latency.ttftHeadroom(request, candidates, i);
            double tpot = latency.tpotHeadroom(request, candidates, i);
            boolean known = !Double.isNaN(ttft) && !Double.isNaN(tpot);
            boolean valid = known
                    && (ttft > 0 || !(request.ttftObjectiveMs() > 0))
                    && (tpot >= 0 || !(request.tpotObjectiveMs() > 0));
            if (valid || idle(candidates, i) || candidates.signal(i, Signal.KV_USAGE) < COLD) {
                return Optional.empty();
            }
            predicted |= known;
        }
        return predicted ? Optional.of("no endpoint is predicted to meet the request's objectives") : Optional.empty();
    }

    /** By the engine's own word, or the ledger's where the engine does not say. */
    private static boolean idle(Candidates candidates, int index) {
        double running = Known.amount(candidates, index, Signal.RUNNING);
        return Double.isNaN(running) ? candidates.signal(index, Signal.IN_FLIGHT_REQUESTS) == 0 : running == 0;
    }
}
