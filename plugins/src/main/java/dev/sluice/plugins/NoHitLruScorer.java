package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Choice;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Observer;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * llm-d's {@code no-hit-lru-scorer}: spreads prompts that no candidate holds, so that caches grow alike. The endpoint that
 * had such a prompt longest ago, or never, is best. A request that somebody holds a part of scores 0.5 everywhere and
 * changes nothing.
 *
 * <p>With n candidates, v of them never used: the i-th of those scores 1 - i / (n - 1), an endpoint with p others used longer
 * ago scores 1 - (v + p) / (n - 1), at least 0; a single candidate scores 1. Never used ones are ranked by their ids:
 * llm-d takes them as they come, which is in no order.
 */
final class NoHitLruScorer implements Scorer, Observer {
    /** llm-d's name for the profile whose pick counts too. */
    private static final String PREFILL = "prefill";

    private final PrefixMatch match;
    private final int most;
    /** Endpoints that had a cold prompt, the one longest ago first. */
    private final LinkedHashMap<String, Boolean> used = new LinkedHashMap<>();

    NoHitLruScorer(NoHitLruConfig config, PluginContext context) {
        match = PrefixMatch.of(config.prefixMatchInfoProducerName(), context);
        most = config.size();
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        int size = candidates.size();
        if (size == 1 || !cold(request, candidates)) {
            Arrays.fill(scores, 0, size, size == 1 && cold(request, candidates) ? 1 : 0.5);
            return;
        }
        Map<String, Integer> rank = ranks(candidates);
        for (int i = 0; i < size; i++) {
            int place = rank.getOrDefault(candidates.endpoint(i).id(), size);
            scores[i] = Math.max(0, 1 - place / (size - 1.0));
        }
    }

    private synchronized Map<String, Integer> ranks(Candidates candidates) {
        TreeSet<String> never = new TreeSet<>();
        for (int i = 0; i < candidates.size(); i++) {
            String id = candidates.endpoint(i).id();
            if (!used.containsKey(id)) {
                never.add(id);
            }
        }
        Map<String, Integer> ranks = new LinkedHashMap<>();
        never.forEach(id -> ranks.put(id, ranks.size()));
        used.keySet().forEach(id -> ranks.put(id, ranks.size()));
        return ranks;
    }

    private boolean cold(Request request, Candidates candidates) {
        for (int i = 0; i < candidates.size(); i++) {
            if (match.matched(request, candidates, i) >= 1) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void chosen(Request request, Candidates candidates, Choice choice) {
        if (cold(request, candidates)) {
            use(choice.endpoint());
            choice.picked(PREFILL).ifPresent(this::use);
        }
    }

    private synchronized void use(Endpoint endpoint) {
        used.remove(endpoint.id());
        used.put(endpoint.id(), true);
        if (used.size() > most) {
            Iterator<String> oldest = used.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    @Override
    public boolean stateful() {
        return true;
    }
}
