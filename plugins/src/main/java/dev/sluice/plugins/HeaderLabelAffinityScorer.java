package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;

/** llm-d's {@code header-label-affinity-scorer}: 1 where a label has the value of a header of the request, else 0. */
final class HeaderLabelAffinityScorer implements Scorer {
    private final HeaderLabelConfig config;

    HeaderLabelAffinityScorer(HeaderLabelConfig config) {
        this.config = config;
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        String wanted = request.header(config.headerName()).orElse("");
        for (int i = 0; i < candidates.size(); i++) {
            boolean has = !wanted.isEmpty()
                    && wanted.equals(candidates.endpoint(i).labels().get(config.labelKey()));
            scores[i] = has ? 1 : 0;
        }
    }
}
