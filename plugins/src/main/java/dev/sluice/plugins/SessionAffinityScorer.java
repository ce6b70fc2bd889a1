package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Choice;
import dev.sluice.spi.Observer;
import dev.sluice.spi.Request;
import dev.sluice.spi.ResponseHeaderWriter;
import dev.sluice.spi.ResponseHeaders;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;

/**
 * llm-d's {@code session-affinity-scorer}: 1 for the endpoint that the session is tied to, 0 for others. A request whose
 * session is tied to no candidate gets no vote of this scorer. A request without a token, in the strategy that goes by
 * tokens, goes by the session that the gateway itself knows of ({@code server.session}).
 */
final class SessionAffinityScorer implements Scorer, Observer, ResponseHeaderWriter {
    private final Affinity affinity;

    SessionAffinityScorer(SessionAffinityConfig config) {
        affinity = Affinity.of(config);
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        int tied = affinity.tied(request, candidates);
        for (int i = 0; tied >= 0 && i < candidates.size(); i++) {
            scores[i] = i == tied ? 1 : 0;
        }
        if (tied < 0 && affinity instanceof EndpointTokens) {
            for (int i = 0; i < candidates.size(); i++) {
                double served = Known.amount(candidates, i, Signal.SESSION);
                scores[i] = Double.isNaN(served) ? Double.NaN : served > 0 ? 1 : 0;
            }
        }
    }

    @Override
    public void chosen(Request request, Candidates candidates, Choice choice) {
        affinity.chosen(request, candidates, choice);
    }

    @Override
    public void write(Request request, Choice choice, ResponseHeaders out) {
        affinity.answer(choice, out);
    }

    @Override
    public boolean stateful() {
        return affinity.remembers();
    }
}
