package dev.sluice.gateway.config;

import static dev.sluice.gateway.config.LlmdType.Kind.DISCOVERY;
import static dev.sluice.gateway.config.LlmdType.Kind.EXTRACTOR;
import static dev.sluice.gateway.config.LlmdType.Kind.SOURCE;
import static dev.sluice.gateway.config.LlmdTypes.CLUSTERS;
import static dev.sluice.gateway.config.LlmdTypes.alpha;
import static dev.sluice.gateway.config.LlmdTypes.current;
import static dev.sluice.gateway.config.LlmdTypes.refused;

import java.util.List;

/** Where endpoints and their numbers come from. */
final class LlmdDataLayer {
    private static final String GPU =
            "GPU counters are not read; what engines report of themselves and how fast they answer is";

    static final List<LlmdType> TYPES = List.of(
            current(
                    SOURCE,
                    "metrics-data-source",
                    new LlmdType.Gateway(
                            LlmdParameters.MetricsSource.class,
                            "engines' metrics are read in any case; its parameters are `pools[].metrics` and `pools[].tls`")),
            current(
                    EXTRACTOR,
                    "core-metrics-extractor",
                    new LlmdType.Gateway(
                            LlmdParameters.CoreMetrics.class,
                            "the names of all known engines are read, on every page")),
            current(
                    SOURCE,
                    "models-data-source",
                    new LlmdType.Gateway(
                            LlmdParameters.ModelsSource.class,
                            "engines are asked which models they serve in any case")),
            current(
                    EXTRACTOR,
                    "models-data-extractor",
                    new LlmdType.Gateway("engines are asked which models they serve in any case")),
            current(
                    SOURCE,
                    "endpoint-notification-source",
                    new LlmdType.Gateway("whatever needs to know of endpoints that come and go is told")),
            current(SOURCE, "k8s-notification-source", refused("Sluice watches no Kubernetes objects")),
            alpha(
                    EXTRACTOR,
                    "topology-extractor",
                    new LlmdType.Gateway(
                            LlmdParameters.Topology.class, "topology is read from the usual labels of an endpoint")),
            alpha(SOURCE, "dcgm-data-source", refused(GPU)),
            alpha(EXTRACTOR, "dcgm-extractor", refused(GPU)),
            current(
                    DISCOVERY,
                    "file-discovery",
                    new LlmdType.Gateway(
                            LlmdParameters.FileDiscovery.class,
                            "its file is `pools[].discovery.file`, always watched; `--endpoints` wins over it")),
            alpha(DISCOVERY, "multicluster-file-discovery", CLUSTERS),
            alpha(SOURCE, "multicluster-metrics-data-source", CLUSTERS),
            alpha(EXTRACTOR, "multicluster-metrics-extractor", CLUSTERS));

    private LlmdDataLayer() {}
}
