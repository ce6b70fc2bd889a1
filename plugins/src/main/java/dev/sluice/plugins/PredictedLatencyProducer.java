package dev.sluice.plugins;

import dev.sluice.spi.Attributes;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Producer;
import dev.sluice.spi.Request;

/**
 * llm-d's {@code predicted-latency-producer} without its services: publishes what {@link Latency.LearnedLatency} predicts, as
 * attributes that {@link Latency.Published} reads.
 */
final class PredictedLatencyProducer implements Producer {
    private final Latency.LearnedLatency learned;
    private final Latency.Published names;

    PredictedLatencyProducer(PredictedLatencyConfig config, PluginContext context) {
        learned = new Latency.LearnedLatency(
                config.sloBufferFactor(), config.streamingMode(), config.endpointRoleLabel());
        names = new Latency.Published(context.name());
    }

    @Override
    public void produce(Request request, Candidates candidates, Attributes out) {
        for (int i = 0; i < candidates.size(); i++) {
            out.set(i, names.ttft(), learned.ttft(request, candidates, i));
            out.set(i, names.tpot(), learned.tpot(request, candidates, i));
            out.set(i, names.ttftHeadroom(), learned.ttftHeadroom(request, candidates, i));
            out.set(i, names.tpotHeadroom(), learned.tpotHeadroom(request, candidates, i));
        }
    }
}
