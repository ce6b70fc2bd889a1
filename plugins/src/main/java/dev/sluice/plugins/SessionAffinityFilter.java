package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Choice;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Observer;
import dev.sluice.spi.Request;
import dev.sluice.spi.ResponseHeaderWriter;
import dev.sluice.spi.ResponseHeaders;

/**
 * llm-d's {@code session-affinity-filter}: keeps the endpoint that the session is tied to and no other; all of them when
 * the session is new or its endpoint is not among them.
 */
final class SessionAffinityFilter implements Filter, Observer, ResponseHeaderWriter {
    private final Affinity affinity;

    SessionAffinityFilter(SessionAffinityConfig config) {
        affinity = Affinity.of(config);
    }

    @Override
    public void filter(Request request, Candidates candidates, boolean[] keep) {
        int tied = affinity.tied(request, candidates);
        if (tied >= 0) {
            for (int i = 0; i < candidates.size(); i++) {
                keep[i] &= i == tied;
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
