package dev.sluice.gateway.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Which Sluice this is, and the process's own numbers under the names that every Prometheus client uses. */
final class ProcessSeries implements MultiCollector {
    private static final Path STATUS = Path.of("/proc/self/status");
    private final String version;

    ProcessSeries(String version) {
        this.version = version;
    }

    @Override
    public MetricSnapshots collect() {
        List<MetricSnapshot> all = new ArrayList<>();
        all.add(InfoSnapshot.builder()
                .name("sluice_build")
                .help("Which Sluice this is and what it runs on")
                .dataPoint(InfoDataPointSnapshot.builder()
                        .labels(Labels.of("version", version, "java", System.getProperty("java.version", "")))
                        .build())
                .build());
        if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os) {
            all.add(CounterSnapshot.builder()
                    .name("process_cpu_seconds")
                    .help("CPU time used by the process")
                    .dataPoint(CounterDataPointSnapshot.builder()
                            .value(Math.max(0, os.getProcessCpuTime()) / 1e9)
                            .build())
                    .build());
        }
        long resident = residentBytes();
        if (resident > 0) {
            all.add(GaugeSnapshot.builder()
                    .name("process_resident_memory_bytes")
                    .help("Memory that the process has in RAM")
                    .dataPoint(GaugeDataPointSnapshot.builder()
                            .value((double) resident)
                            .build())
                    .build());
        }
        return new MetricSnapshots(all);
    }

    /** From Linux; 0 elsewhere. */
    private static long residentBytes() {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
                }
            }
        } catch (IOException e) {
            return 0;
        }
        return 0;
    }
}
