package dev.sluice.gateway.plugin;

import dev.sluice.core.Abstained;
import dev.sluice.gateway.plugin.CallStats.Outcome;
import dev.sluice.spi.Attributes;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Extractor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An extractor, asked about a whole page at a time: one call for names that are new, one for all samples that it wants. So a
 * third party's costs one hand-over per page and not one per line.
 */
public interface PageExtractor {
    /** Attributes that are kept of one page; further ones are dropped. */
    int MOST_ATTRIBUTES = 64;

    /** Longer names are no attributes. */
    int LONGEST_NAME = 128;

    /**
     * One sample.
     *
     * @param labels as they stand between the braces
     */
    record Sample(String metric, String labels, double value) {}

    /**
     * Which of these metrics it wants, one answer for each.
     *
     * @throws Abstained when it does not say
     */
    boolean[] wants(List<String> metrics);

    /**
     * What it makes of samples that it wants; no NaN.
     *
     * @throws Abstained when it does not say
     */
    Map<String, Double> extract(Endpoint endpoint, List<Sample> samples);

    private static boolean[] asked(Extractor own, List<String> metrics) {
        boolean[] wanted = new boolean[metrics.size()];
        for (int i = 0; i < wanted.length; i++) {
            wanted[i] = own.wants(metrics.get(i));
        }
        return wanted;
    }

    private static Map<String, Double> extracted(Extractor own, Endpoint endpoint, List<Sample> samples) {
        Map<String, Double> set = new LinkedHashMap<>();
        Attributes out = (candidate, name, value) -> {
            if (candidate != 0) {
                throw new IndexOutOfBoundsException("there is one endpoint, at index 0");
            }
            if (Double.isNaN(value)) {
                set.remove(name);
            } else if (name.length() <= LONGEST_NAME && (set.size() < MOST_ATTRIBUTES || set.containsKey(name))) {
                set.put(name, value);
            }
        };
        for (Sample sample : samples) {
            own.extract(endpoint, sample.metric(), sample.labels(), sample.value(), out);
        }
        return set;
    }

    /** The gateway's own: called where it stands, and counted. */
    record Own(String name, CallStats stats, Extractor own) implements PageExtractor, Watched {
        @Override
        public boolean[] wants(List<String> metrics) {
            return asked(own, metrics);
        }

        @Override
        public Map<String, Double> extract(Endpoint endpoint, List<Sample> samples) {
            Map<String, Double> set = extracted(own, endpoint, samples);
            stats.count(Outcome.OK);
            return set;
        }

        @Override
        public PartReport report() {
            return new PartReport("extractor", stats.calls(), stats.millis(0.5), stats.millis(0.99), "none", "");
        }
    }

    /** A third party's. */
    final class Guarded extends GuardedPart<Extractor> implements PageExtractor {
        Guarded(PluginGuard.Seat seat, Extractor own) {
            super(seat, own);
        }

        @Override
        public boolean[] wants(List<String> metrics) {
            boolean[][] answer = new boolean[1][];
            ask(own -> answer[0] = asked(own, metrics));
            return answer[0];
        }

        @Override
        public Map<String, Double> extract(Endpoint endpoint, List<Sample> samples) {
            Map<String, Double> set = new LinkedHashMap<>();
            ask(own -> set.putAll(extracted(own, endpoint, samples)));
            return set;
        }
    }
}
