package dev.sluice.plugins;

import dev.sluice.spi.Attributes;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.Choice;
import dev.sluice.spi.Ending;
import dev.sluice.spi.Observer;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Producer;
import dev.sluice.spi.Request;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * llm-d's {@code inflight-load-producer}: requests and tokens in flight at each endpoint, as attributes that {@link
 * InFlightLoad} reads. Both come from the gateway's ledger; where expected output is to count too, it is added up here, from
 * a request's choice to its end.
 */
final class InflightLoadProducer implements Producer, Observer {
    private final InflightLoadConfig config;
    private final String requests;
    private final String tokens;
    /** Expected output by endpoint; those without any are left out. */
    private final Map<String, Long> expected = new LinkedHashMap<>();

    InflightLoadProducer(InflightLoadConfig config, PluginContext context) {
        this.config = config;
        requests = InFlightLoad.requests(context.name());
        tokens = InFlightLoad.tokens(context.name());
    }

    @Override
    public synchronized void produce(Request request, Candidates candidates, Attributes out) {
        for (int i = 0; i < candidates.size(); i++) {
            long more = expected.isEmpty()
                    ? 0
                    : expected.getOrDefault(candidates.endpoint(i).id(), 0L);
            out.set(i, requests, InFlightLoad.LEDGER.requests(candidates, i));
            out.set(i, tokens, InFlightLoad.LEDGER.tokens(candidates, i) + more);
        }
    }

    @Override
    public void chosen(Request request, Candidates candidates, Choice choice) {
        add(choice, estimate(request));
    }

    @Override
    public void ended(Request request, Choice choice, Ending ending) {
        add(choice, -estimate(request));
    }

    private long estimate(Request request) {
        if (!config.addEstimatedOutputTokens()) {
            return 0;
        }
        long output = Math.round(request.promptTokens() * config.outputRatio());
        return Math.min(output, config.maxEstimatedOutputTokens().orElse(Integer.MAX_VALUE));
    }

    private synchronized void add(Choice choice, long output) {
        if (output > 0 || expected.containsKey(choice.endpoint().id())) {
            expected.merge(choice.endpoint().id(), output, (a, b) -> a + b > 0 ? a + b : null);
        }
    }

    @Override
    public boolean stateful() {
        return config.addEstimatedOutputTokens();
    }
}
