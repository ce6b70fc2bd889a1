package dev.sluice.gateway.config;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.util.List;
import java.util.Optional;

/** A policy as it is written: in a Gateway configuration, and in llm-d's. */
@NotYet({"featureGates", "dataLayer", "requestHandler", "saturationDetector", "parser"})
record RoutingRows(
        @Doc("Instances of plugin types.") @Range(min = 1) List<PluginRow> plugins,

        @Doc("What runs for a request. Absent: one profile of all plugins.") @Default("[]")
        List<ProfileRow> schedulingProfiles,

        @Doc(
                "How requests wait for room: [flow-control.md](flow-control.md). Absent: shares by weight, batch held back.")
        Optional<FlowRows> flowControl) {

    record PluginRow(
            @Doc("A plugin type.") String type,
            @Doc("Unique in the policy. Absent: the type.") Optional<String> name,
            @Doc("Parameters of the type.") @Default("{}") Parameters parameters) {
        String instance() {
            return name.orElse(type);
        }
    }

    /** Not bound before the type is known. */
    record Parameters(Node node) {}

    record ProfileRow(
            @Doc("Unique in the policy.") String name,

            @Doc("What it is made of, in this order.") @Range(min = 1)
            List<UseRow> plugins) {}

    record UseRow(
            @Doc("Name of an instance under `plugins`.") String pluginRef,

            @Doc("Of a scorer.") @Default("1") @Range(min = 0, max = 1_000_000)
            double weight) {}
}
