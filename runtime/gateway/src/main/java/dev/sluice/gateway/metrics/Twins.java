package dev.sluice.gateway.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The same numbers under several names: llm-d shows each series under its new name and under an old one. */
final class Twins {
    private final List<MetricSnapshot> all = new ArrayList<>();

    List<MetricSnapshot> all() {
        return List.copyOf(all);
    }

    void counter(String name, String help, CounterSnapshot from, Function<Labels, Labels> labels) {
        all.add(new CounterSnapshot(
                new MetricMetadata(name, help),
                from.getDataPoints().stream()
                        .map(p -> new CounterDataPointSnapshot(
                                p.getValue(),
                                labels.apply(p.getLabels()),
                                p.getExemplar(),
                                p.getCreatedTimestampMillis()))
                        .toList()));
    }

    void histogram(String name, String help, HistogramSnapshot from, Function<Labels, Labels> labels) {
        all.add(new HistogramSnapshot(
                new MetricMetadata(name, help),
                from.getDataPoints().stream()
                        .map(p -> new HistogramDataPointSnapshot(
                                p.getClassicBuckets(),
                                p.getSum(),
                                labels.apply(p.getLabels()),
                                p.getExemplars(),
                                p.getCreatedTimestampMillis()))
                        .toList()));
    }

    void gauge(String name, String help, Map<Labels, Double> values) {
        GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help);
        values.forEach((labels, value) -> gauge.dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                .labels(labels)
                .value(value)
                .build()));
        all.add(gauge.build());
    }
}
