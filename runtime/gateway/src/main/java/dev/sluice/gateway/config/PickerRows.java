package dev.sluice.gateway.config;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * An {@code EndpointPickerConfig} as llm-d's loader knows it, the forms of earlier releases included ({@code data},
 * {@code parser}, {@code saturationDetector} at the top). Every key is known, so that only a wrong one is unknown.
 */
record PickerRows(
        @Default("[]") List<String> featureGates,
        @Default("[]") List<RoutingRows.PluginRow> plugins,
        @Default("[]") List<RoutingRows.ProfileRow> schedulingProfiles,
        Optional<DataLayer> dataLayer,
        Optional<DataLayer> data,
        Optional<FlowRows> flowControl,
        Optional<RequestHandler> requestHandler,
        Optional<SaturationDetector> saturationDetector,
        Optional<Reference> parser) {

    /** Names an entry under {@code plugins:}. */
    record Reference(String pluginRef) {}

    record DataLayer(
            @Default("true") boolean injectDefaults,
            @Default("[]") List<Source> sources,
            Optional<Discovery> discovery,
            Optional<Reference> peerDiscovery,
            Optional<String> crossReplicaSyncerPluginRef,
            Optional<Duration> crossReplicaSyncInterval) {}

    record Source(String pluginRef, @Default("[]") List<Reference> extractors) {}

    /** Either form: llm-d moved the reference below {@code endpoints}. */
    record Discovery(Optional<String> pluginRef, Optional<Reference> endpoints) {
        Discovery {
            if (pluginRef.isPresent() == endpoints.isPresent()) {
                throw new ConfigException("expected either pluginRef or endpoints");
            }
        }

        String named() {
            return pluginRef.or(() -> endpoints.map(Reference::pluginRef)).orElse("");
        }

        /** Keys that lead to it. */
        String at() {
            return pluginRef.isPresent() ? "pluginRef" : "endpoints";
        }
    }

    record RequestHandler(@Default("[]") List<Reference> parsers) {}

    /** A reference, or the thresholds that stood here before there were detectors. */
    record SaturationDetector(
            Optional<String> pluginRef,
            OptionalInt queueDepthThreshold,
            OptionalDouble kvCacheUtilThreshold,
            Optional<Duration> metricsStalenessThreshold) {}
}
