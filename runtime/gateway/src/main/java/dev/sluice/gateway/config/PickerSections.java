package dev.sluice.gateway.config;

import java.util.List;
import java.util.Optional;

/** Sections of an {@code EndpointPickerConfig} that make no policy: their references are checked, and what they ask for is weighed. */
final class PickerSections {
    private static final String NO_PRIORITIES =
            "has no effect: a detector only sheds requests of negative priority, and priorities come with tenants";
    private static final String NO_PEERS = "is not supported: gateways share no state with each other";

    private final PickerRows rows;
    private final Instances instances;
    private final Reading at;

    PickerSections(PickerRows rows, Instances instances, Reading at) {
        this.rows = rows;
        this.instances = instances;
        this.at = at;
    }

    /** @param gate whether the flow control gate is on */
    void check(boolean gate) {
        rows.data().ifPresent(data -> {
            Reading old = at.key("data");
            if (rows.dataLayer().isPresent()) {
                error(old, "stands beside dataLayer:, of which it is the old name");
            } else {
                warn(old, "is the old name of dataLayer");
            }
            dataLayer(data, old);
        });
        rows.dataLayer().ifPresent(data -> dataLayer(data, at.key("dataLayer")));
        rows.parser().ifPresent(parser -> {
            warn(at.key("parser"), "is the old form of requestHandler.parsers");
            parser(parser, at.key("parser"));
        });
        rows.requestHandler().ifPresent(handler -> {
            for (int i = 0; i < handler.parsers().size(); i++) {
                parser(
                        handler.parsers().get(i),
                        at.key("requestHandler").key("parsers").item(i));
            }
        });
        rows.saturationDetector().ifPresent(detector -> detector(detector, at.key("saturationDetector")));
        rows.flowControl().ifPresent(flow -> {
            Reading section = at.key("flowControl");
            if (gate) {
                return; // FlowForm reads it
            }
            warn(section, "has no effect: the flowControl gate is off, and then llm-d does not heed it either");
            flow.saturationDetector()
                    .flatMap(PickerRows.SaturationDetector::pluginRef)
                    .ifPresent(named -> reference(
                            named,
                            LlmdType.Kind.SATURATION_DETECTOR,
                            section.key("saturationDetector").key("pluginRef")));
        });
    }

    private void dataLayer(PickerRows.DataLayer data, Reading section) {
        if (!data.injectDefaults()) {
            warn(
                    section.key("injectDefaults"),
                    "has no effect: engines' metrics are read whether or not a source is named");
        }
        for (int i = 0; i < data.sources().size(); i++) {
            PickerRows.Source source = data.sources().get(i);
            Reading row = section.key("sources").item(i);
            reference(source.pluginRef(), LlmdType.Kind.SOURCE, row.key("pluginRef"));
            for (int j = 0; j < source.extractors().size(); j++) {
                instances.known(
                        source.extractors().get(j).pluginRef(),
                        row.key("extractors").item(j).key("pluginRef"));
            }
        }
        data.discovery()
                .ifPresent(discovery -> reference(
                        discovery.named(),
                        LlmdType.Kind.DISCOVERY,
                        section.key("discovery").key(discovery.at())));
        data.peerDiscovery().ifPresent(peers -> error(section.key("peerDiscovery"), NO_PEERS));
        data.crossReplicaSyncerPluginRef()
                .ifPresent(syncer -> error(section.key("crossReplicaSyncerPluginRef"), NO_PEERS));
        data.crossReplicaSyncInterval().ifPresent(interval -> error(section.key("crossReplicaSyncInterval"), NO_PEERS));
    }

    private void parser(PickerRows.Reference parser, Reading row) {
        reference(parser.pluginRef(), LlmdType.Kind.PARSER, row.key("pluginRef"));
    }

    private void detector(PickerRows.SaturationDetector detector, Reading section) {
        warn(section, NO_PRIORITIES);
        detector.pluginRef()
                .ifPresent(named -> reference(named, LlmdType.Kind.SATURATION_DETECTOR, section.key("pluginRef")));
    }

    /** Checks that an entry is there and of that kind. A type that stands for itself needs no entry, as in llm-d. */
    private void reference(String name, LlmdType.Kind kind, Reading row) {
        Optional<String> type = instances.type(name);
        Optional<LlmdType> known = LlmdTypes.find(type.orElse(name));
        boolean wrongKind = known.filter(found -> found.kind() != kind).isPresent();
        if (type.isEmpty() && (known.isEmpty() || wrongKind || !standsForItself(known.get()))) {
            instances.known(name, row);
        } else if (wrongKind) {
            error(row, type.orElse(name) + " is no " + kind.label());
        } else if (type.isEmpty() && known.get().state() instanceof LlmdType.Refused refused) {
            error(row, name + " is not supported: " + refused.why());
        }
    }

    private static boolean standsForItself(LlmdType type) {
        return List.of(LlmdType.Kind.PARSER, LlmdType.Kind.SATURATION_DETECTOR).contains(type.kind());
    }

    private void warn(Reading where, String message) {
        where.problems().warningAt(at.file().toString(), where.path(), message);
    }

    private void error(Reading where, String message) {
        where.problems().errorAt(at.file().toString(), where.path(), message);
    }
}
