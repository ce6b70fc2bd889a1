package dev.sluice.gateway;

import dev.sluice.core.Abstained;
import dev.sluice.core.Faults;
import dev.sluice.core.Policy.Named;
import dev.sluice.gateway.engine.SampleSink;
import dev.sluice.gateway.plugin.PageExtractor;
import dev.sluice.gateway.plugin.PageExtractor.Sample;
import dev.sluice.spi.Endpoint;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The extractors of one policy, and what they want. A page has a thousand lines of some hundred metrics, always the same; who
 * wants a metric is asked once, and a line of one that nobody wants costs a look-up and no text. The samples of a metric that
 * has not been asked about are kept until the page's end, and then it is asked about.
 */
final class PageExtraction {
    /** Without extractors. */
    static final PageExtraction NONE = new PageExtraction(List.of(), Faults.IGNORED);

    private static final int MOST_NAMES = 4096;
    private static final int MOST_SAMPLES = 4096;
    private static final int LONGEST_LABELS = 4096;
    private static final int[] NOBODY = {};

    /** How long nobody is asked about new metrics when somebody has just not answered. */
    private static final long RETRY_NS = 5_000_000_000L;

    private final List<Named<PageExtractor>> extractors;
    private final Faults faults;
    private volatile long askAgainAt = System.nanoTime();
    /** By metric, positions of the extractors that want it. */
    private final ConcurrentHashMap<Name, int[]> wantedBy = new ConcurrentHashMap<>();

    PageExtraction(List<Named<PageExtractor>> extractors, Faults faults) {
        this.extractors = List.copyOf(extractors);
        this.faults = faults;
    }

    /** Takes one page of an endpoint. */
    SampleSink page(Endpoint endpoint) {
        return extractors.isEmpty() ? SampleSink.NONE : new Page(endpoint);
    }

    /** A part of a line, as a key that need not be copied to be looked up. */
    private record Name(byte[] bytes, int from, int to) {
        Name kept() {
            return new Name(Arrays.copyOfRange(bytes, from, to), 0, to - from);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Name name && Arrays.equals(bytes, from, to, name.bytes, name.from, name.to);
        }

        @Override
        public int hashCode() {
            int hash = 0;
            for (int i = from; i < to; i++) {
                hash = 31 * hash + bytes[i];
            }
            return hash;
        }

        @Override
        public String toString() {
            return new String(bytes, from, to - from, StandardCharsets.UTF_8);
        }
    }

    private final class Page implements SampleSink {
        private final Endpoint endpoint;
        private final Map<Name, List<Sample>> samples = new LinkedHashMap<>();
        private int count;

        Page(Endpoint endpoint) {
            this.endpoint = endpoint;
        }

        @Override
        public boolean wants(byte[] bytes, int from, int to) {
            int[] by = wantedBy.get(new Name(bytes, from, to));
            return by == null ? asks() : by.length > 0;
        }

        private boolean asks() {
            return wantedBy.size() < MOST_NAMES && count < MOST_SAMPLES && System.nanoTime() - askAgainAt >= 0;
        }

        @Override
        public void sample(byte[] bytes, int from, int to, String labels, double value) {
            if (count < MOST_SAMPLES && labels.length() <= LONGEST_LABELS) {
                count++;
                Name name = new Name(bytes, from, to).kept();
                samples.computeIfAbsent(name, n -> new ArrayList<>(4)).add(new Sample(name.toString(), labels, value));
            }
        }

        @Override
        public Map<String, Double> finish() {
            learn();
            Map<String, Double> set = new LinkedHashMap<>();
            for (int i = 0; i < extractors.size(); i++) {
                List<Sample> wanted = wantedBy(i);
                if (!wanted.isEmpty()) {
                    set.putAll(extracted(extractors.get(i), wanted));
                }
            }
            return set;
        }

        private Map<String, Double> extracted(Named<PageExtractor> extractor, List<Sample> wanted) {
            try {
                return extractor.part().extract(endpoint, wanted);
            } catch (Abstained counted) {
                return Map.of();
            } catch (RuntimeException | StackOverflowError | LinkageError broken) {
                faults.fault("extractor", extractor.name(), broken);
                return Map.of();
            }
        }

        private List<Sample> wantedBy(int position) {
            List<Sample> wanted = new ArrayList<>();
            samples.forEach((name, all) -> {
                if (Arrays.stream(wantedBy.getOrDefault(name, NOBODY)).anyMatch(by -> by == position)) {
                    wanted.addAll(all);
                }
            });
            return wanted;
        }

        /** Asks who wants the metrics that are new. When somebody does not answer, all are asked again later. */
        private void learn() {
            Set<Name> fresh = new LinkedHashSet<>(samples.keySet());
            fresh.removeAll(wantedBy.keySet());
            if (fresh.isEmpty()) {
                return;
            }
            List<Name> names = List.copyOf(fresh);
            List<List<Integer>> by = new ArrayList<>();
            names.forEach(name -> by.add(new ArrayList<>(1)));
            boolean complete = true;
            for (int i = 0; i < extractors.size(); i++) {
                complete &= ask(i, names, by);
            }
            if (!complete) {
                askAgainAt = System.nanoTime() + RETRY_NS;
            }
            for (int n = 0; n < names.size() && complete; n++) {
                wantedBy.put(
                        names.get(n),
                        by.get(n).stream().mapToInt(Integer::intValue).toArray());
            }
        }

        private boolean ask(int position, List<Name> names, List<List<Integer>> by) {
            Named<PageExtractor> extractor = extractors.get(position);
            try {
                boolean[] wants = extractor
                        .part()
                        .wants(names.stream().map(Name::toString).toList());
                for (int n = 0; n < wants.length; n++) {
                    if (wants[n]) {
                        by.get(n).add(position);
                    }
                }
                return true;
            } catch (Abstained counted) {
                return false;
            } catch (RuntimeException | StackOverflowError | LinkageError broken) {
                faults.fault("extractor", extractor.name(), broken);
                return false;
            }
        }
    }
}
