package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Decider;
import dev.sluice.spi.Request;

/** llm-d's {@code prefix-based-pd-decider}: by what the chosen decode endpoint would have to compute, and by nothing else. */
final class PrefixDecider implements Decider {
    private final PrefixDeciderConfig config;

    PrefixDecider(PrefixDeciderConfig config) {
        this.config = config;
    }

    @Override
    public boolean disaggregate(Request request, Candidates decode, int chosen) {
        int wanted = config.nonCachedTokens();
        if (wanted == 0 || chosen < 0 || chosen >= decode.size()) {
            return false;
        }
        double prompt = Known.promptTokens(request, decode, chosen);
        if (prompt < config.promptTokens() || prompt < wanted) {
            return false;
        }
        return prompt - Known.cachedTokens(decode, chosen, prompt) >= wanted;
    }
}
