package dev.sluice.spi.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.spi.Attributes;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Extractor;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The contract of an {@link Extractor}: it copes with whatever stands on a page.
 *
 * @param <C> the type's configuration
 */
public abstract class ExtractorContract<C extends Record> extends FactoryContract<C> {
    private static final List<String> METRICS =
            List.of("vllm:num_requests_waiting", "process_cpu_seconds_total", "a", "x".repeat(200));
    private static final List<String> LABELS = List.of(
            "",
            "a=\"b\"",
            "a=\"b\",c=\"d\"",
            "a=\"say \\\"hi\\\"\"",
            "a=\"",
            "=",
            "{}",
            "a=\"" + "x".repeat(5000) + "\"");
    private static final double[] VALUES = {
        0, 1, -1, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.MAX_VALUE, Double.MIN_VALUE
    };

    /** For sub-classes. */
    protected ExtractorContract() {}

    /** Metrics that it wants, beside those that every engine has. */
    protected List<String> metrics() {
        return List.of();
    }

    private Extractor part() {
        return (Extractor) create();
    }

    /** What it sets for one sample. */
    protected final Map<String, Double> set(Endpoint endpoint, String metric, String labels, double value) {
        Extractor part = part();
        Map<String, Double> set = new TreeMap<>();
        part.extract(endpoint, metric, labels, value, collecting(set));
        part.close();
        return set;
    }

    private static Attributes collecting(Map<String, Double> set) {
        return (candidate, name, value) -> {
            assertEquals(0, candidate, "there is one endpoint, at index 0");
            set.put(name, value);
        };
    }

    @Test
    final void anySampleIsFine() {
        Extractor part = part();
        Endpoint endpoint = TestCandidates.endpoint("e0", Map.of());
        for (String metric : Stream.concat(METRICS.stream(), metrics().stream()).toList()) {
            part.wants(metric);
            for (String labels : LABELS) {
                for (double value : VALUES) {
                    part.extract(endpoint, metric, labels, value, collecting(new TreeMap<>()));
                }
            }
        }
        part.close();
    }

    @Test
    final void whatItWantsDoesNotChange() {
        Extractor part = part();
        List<String> all = Stream.concat(METRICS.stream(), metrics().stream()).toList();
        assertEquals(
                all.stream().map(part::wants).toList(),
                all.stream().map(part::wants).toList(),
                "asked again, it wants other metrics");
        part.close();
    }
}
