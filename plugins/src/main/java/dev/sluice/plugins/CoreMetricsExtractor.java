package dev.sluice.plugins;

import dev.sluice.plugins.CoreMetricsConfig.EngineConfig;
import dev.sluice.spi.Attributes;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Extractor;
import dev.sluice.spi.Signal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * llm-d's {@code core-metrics-extractor}. The metrics that routing needs are read by the gateway itself, from all engines that
 * it knows and without being told which; this adds custom metrics as attributes, and lets a configuration say where other
 * engines have theirs. Of several series that are meant the page's last one counts.
 */
final class CoreMetricsExtractor implements Extractor {
    private static final String OLDER_LABEL = "inference.networking.k8s.io/engine-type";

    private final CoreMetricsConfig config;
    private final Map<String, List<Wanted>> byEngine = new LinkedHashMap<>();
    private final Set<String> names = new TreeSet<>();

    /**
     * One thing to read.
     *
     * @param label label whose value is meant; empty for the sample's own value
     */
    private record Wanted(MetricSpec spec, String label, String attribute) {}

    CoreMetricsExtractor(CoreMetricsConfig config) {
        this.config = config;
        for (EngineConfig engine : config.engineConfigs()) {
            List<Wanted> wanted = new ArrayList<>();
            add(wanted, engine.queuedRequestsSpec(), "", Signal.WAITING.attribute());
            add(wanted, engine.runningRequestsSpec(), "", Signal.RUNNING.attribute());
            add(wanted, engine.kvUsageSpec(), "", Signal.KV_USAGE.attribute());
            add(wanted, engine.cacheInfoSpec(), engine.cacheBlockSizeLabelName(), Signal.BLOCK_SIZE.attribute());
            add(wanted, engine.cacheInfoSpec(), engine.cacheNumBlocksLabelName(), Signal.KV_BLOCKS.attribute());
            add(wanted, engine.cacheBlockSizeSpec(), "", Signal.BLOCK_SIZE.attribute());
            add(wanted, engine.cacheNumBlocksSpec(), "", Signal.KV_BLOCKS.attribute());
            engine.customMetrics().forEach(custom -> add(wanted, custom.metricSpec(), "", custom.attributeKey()));
            byEngine.put(engine.name(), wanted);
        }
    }

    private void add(List<Wanted> wanted, String spec, String label, String attribute) {
        if (!spec.isBlank()) {
            MetricSpec metric = MetricSpec.parse(spec);
            names.add(metric.name());
            wanted.add(new Wanted(metric, label, attribute));
        }
    }

    @Override
    public boolean wants(String metric) {
        return names.contains(metric);
    }

    @Override
    public void extract(String metric, String labels, double value, Attributes out) {
        extract(config.defaultEngine(), metric, labels, value, out);
    }

    @Override
    public void extract(Endpoint endpoint, String metric, String labels, double value, Attributes out) {
        String engine = endpoint.labels().get(config.engineLabelKey());
        if (engine == null) {
            engine = endpoint.labels().getOrDefault(OLDER_LABEL, config.defaultEngine());
        }
        extract(engine, metric, labels, value, out);
    }

    private void extract(String engine, String metric, String labels, double value, Attributes out) {
        for (Wanted wanted : byEngine.getOrDefault(engine, List.of())) {
            if (wanted.spec.name().equals(metric) && wanted.spec.matches(labels)) {
                out.set(0, wanted.attribute, wanted.label.isEmpty() ? value : number(labels, wanted.label));
            }
        }
    }

    private static double number(String labels, String name) {
        try {
            return Double.parseDouble(MetricSpec.value(labels, name));
        } catch (NumberFormatException none) {
            return Double.NaN;
        }
    }
}
