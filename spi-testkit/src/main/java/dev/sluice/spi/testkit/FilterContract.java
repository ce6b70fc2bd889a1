package dev.sluice.spi.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.spi.Filter;
import dev.sluice.spi.Request;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The contract of a {@link Filter}.
 *
 * @param <C> the type's configuration
 */
public abstract class FilterContract<C extends Record> extends PartContract<C, Filter> {
    /** For sub-classes. */
    protected FilterContract() {
        super(Filter.class);
    }

    @Override
    final List<?> ask(Filter part, Request request, TestCandidates candidates) {
        boolean[] keep = new boolean[candidates.size()];
        Arrays.fill(keep, true);
        part.filter(request, candidates, keep);
        List<Boolean> kept = new ArrayList<>();
        for (boolean k : keep) {
            kept.add(k);
        }
        return kept;
    }

    /** What it keeps. */
    protected final List<Boolean> kept(Request request, TestCandidates candidates) {
        Filter part = part();
        try {
            return ask(part, request, candidates).stream()
                    .map(keep -> (Boolean) keep)
                    .toList();
        } finally {
            part.close();
        }
    }

    @Test
    final void endpointsAreKeptAndNotTheirPlaces() {
        Filter part = part();
        for (long seed = 0; seed < 20 && !answersMayChange(); seed++) {
            TestCandidates candidates = candidates(7, seed);
            List<?> there = ask(part, TestRequest.PLAIN, candidates);
            assertEquals(
                    there,
                    ask(part, TestRequest.PLAIN, candidates.reversed()).reversed(),
                    "in another order other endpoints are kept");
        }
        part.close();
    }
}
