package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.Abstained;
import dev.sluice.core.Policy.Named;
import dev.sluice.gateway.engine.SampleSink;
import dev.sluice.gateway.plugin.PageExtractor;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PageExtractionTest {
    private static final Endpoint ENDPOINT = new Endpoint("e0", "10.0.0.1:8000", Role.BOTH, Map.of());

    private final List<List<String>> asked = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();

    /** Wants what begins with its letter and adds up what it gets. */
    private class Letter implements PageExtractor {
        private final String letter;

        Letter(String letter) {
            this.letter = letter;
        }

        @Override
        public boolean[] wants(List<String> metrics) {
            asked.add(metrics);
            boolean[] wanted = new boolean[metrics.size()];
            for (int i = 0; i < wanted.length; i++) {
                wanted[i] = metrics.get(i).startsWith(letter);
            }
            return wanted;
        }

        @Override
        public Map<String, Double> extract(Endpoint endpoint, List<Sample> samples) {
            Map<String, Double> sums = new LinkedHashMap<>();
            samples.forEach(s -> sums.merge(letter + s.labels(), s.value(), Double::sum));
            return sums;
        }
    }

    @Test
    void aMetricIsAskedAboutOnceAndNothingIsLostOfTheFirstPage() {
        PageExtraction pages = pages(new Letter("a"), new Letter("b"));
        assertThat(read(pages, "a1 1", "a2 2", "b1 3", "c1 4"))
                .containsExactly(Map.entry("a", 3.0), Map.entry("b", 3.0));
        assertThat(asked).hasSize(2).allMatch(metrics -> metrics.equals(List.of("a1", "a2", "b1", "c1")));
        assertThat(read(pages, "a1 5", "c1 4")).containsExactly(Map.entry("a", 5.0));
        assertThat(asked).hasSize(2);
        assertThat(read(pages, "a1 5", "a9 4")).containsExactly(Map.entry("a", 9.0));
        assertThat(asked).hasSize(4).last().isEqualTo(List.of("a9"));
        assertThat(wants(pages, "c1")).isFalse();
    }

    @Test
    void oneThatFailsLosesItsAttributesAndNobodyElses() {
        PageExtractor broken = new Letter("a") {
            @Override
            public Map<String, Double> extract(Endpoint endpoint, List<Sample> samples) {
                throw new IllegalStateException("broken");
            }
        };
        assertThat(read(pages(broken, new Letter("a")), "a1 1")).containsExactly(Map.entry("a", 1.0));
        assertThat(faults).containsExactly("extractor x0 broken");
    }

    @Test
    void whoDoesNotSayWhatItWantsIsNotAskedForAWhile() {
        PageExtractor silent = new Letter("a") {
            @Override
            public boolean[] wants(List<String> metrics) {
                asked.add(metrics);
                throw new Abstained("busy");
            }
        };
        PageExtraction pages = pages(silent);
        assertThat(read(pages, "a1 1")).isEmpty();
        assertThat(wants(pages, "a1")).isFalse();
        assertThat(read(pages, "a1 1")).isEmpty();
        assertThat(asked).hasSize(1);
    }

    @Test
    void aPageOfEndlessMetricsIsReadToABound() {
        PageExtraction pages = pages(new Letter("a"));
        String[] lines = new String[20_000];
        for (int i = 0; i < lines.length; i++) {
            lines[i] = "a" + i + " 1";
        }
        assertThat(read(pages, lines)).containsExactly(Map.entry("a", 4096.0));
        assertThat(wants(pages, "fresh")).isFalse();
    }

    @Test
    void withoutExtractorsNothingIsTaken() {
        assertThat(PageExtraction.NONE.page(ENDPOINT)).isSameAs(SampleSink.NONE);
        assertThat(SampleSink.NONE.wants(new byte[1], 0, 1)).isFalse();
        assertThat(SampleSink.NONE.finish()).isEmpty();
    }

    private PageExtraction pages(PageExtractor... extractors) {
        List<Named<PageExtractor>> named = new ArrayList<>();
        for (PageExtractor extractor : extractors) {
            named.add(new Named<>("t", "x" + named.size(), extractor));
        }
        return new PageExtraction(
                named, (point, name, fault) -> faults.add(point + " " + name + " " + fault.getMessage()));
    }

    private static Map<String, Double> read(PageExtraction pages, String... lines) {
        SampleSink page = pages.page(ENDPOINT);
        for (String line : lines) {
            byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
            int space = line.indexOf(' ');
            if (page.wants(bytes, 0, space)) {
                page.sample(bytes, 0, space, "", Double.parseDouble(line.substring(space)));
            }
        }
        return page.finish();
    }

    private static boolean wants(PageExtraction pages, String metric) {
        byte[] bytes = metric.getBytes(StandardCharsets.UTF_8);
        return pages.page(ENDPOINT).wants(bytes, 0, bytes.length);
    }
}
