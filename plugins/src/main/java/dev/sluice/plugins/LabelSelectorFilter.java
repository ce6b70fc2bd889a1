package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Request;

/** Keeps the endpoints whose labels a selector matches. */
final class LabelSelectorFilter implements Filter {
    private final LabelSelector selector;

    LabelSelectorFilter(LabelSelector selector) {
        this.selector = selector;
    }

    @Override
    public void filter(Request request, Candidates candidates, boolean[] keep) {
        for (int i = 0; i < candidates.size(); i++) {
            keep[i] &= selector.matches(candidates.endpoint(i).labels());
        }
    }
}
