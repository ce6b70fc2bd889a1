package dev.sluice.gateway.config;

import dev.sluice.core.flow.AdmissionQueue.Bounds;
import dev.sluice.core.flow.Ceilings;
import dev.sluice.core.flow.FairnessKind;
import dev.sluice.core.flow.FlowRules;
import dev.sluice.core.flow.FlowSettings;
import dev.sluice.core.flow.FlowSettings.Patience;
import dev.sluice.core.flow.FlowSettings.Rules;
import dev.sluice.core.flow.Ordering;
import dev.sluice.gateway.config.FlowTypes.Role;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads a section {@code flowControl}. Where it says nothing llm-d's defaults hold ({@code endpoint-picker.md} 3): 5000 requests and 1 GB a
 * band, 60 s, {@code global-strict-fairness-policy}, {@code fcfs-ordering-policy}, {@code static-usage-limit-policy},
 * {@code utilization-detector}.
 */
final class FlowForm {
    private static final long BAND_BYTES = 1_000_000_000L;
    private static final int BAND_REQUESTS = 5000;
    private static final Duration TTL = Duration.ofSeconds(60);

    private final Catalog catalog;
    private final Instances instances;
    private final Reading at;
    private final Binder binder = new Binder(Codecs.common());
    private final Map<String, Object> shown = new LinkedHashMap<>();
    private boolean wrong;

    /** @param at the section */
    FlowForm(Catalog catalog, Instances instances, Reading at) {
        this.catalog = catalog;
        this.instances = instances;
        this.at = at;
    }

    /**
     * The section.
     *
     * @param ours in a Gateway configuration, whose defaults for what llm-d has not are other ones
     * @return empty when something is wrong, which is then reported
     */
    Optional<FlowConfig> read(FlowRows rows, boolean ours) {
        Rules plain = rules(rows.defaultPriorityBand(), rows, at.key("defaultPriorityBand"));
        Rules negative = rows.defaultNegativePriorityBand().isPresent()
                ? rules(rows.defaultNegativePriorityBand(), rows, at.key("defaultNegativePriorityBand"))
                : plain;
        Map<Integer, Rules> bands = new TreeMap<>();
        for (int i = 0; i < rows.priorityBands().size(); i++) {
            FlowRows.Band band = rows.priorityBands().get(i);
            Reading row = at.key("priorityBands").item(i);
            Rules rules = rules(Optional.of(band), rows, row);
            if (band.priority().isEmpty()) {
                error(row, "priority is missing");
            } else if (bands.put(band.priority().getAsInt(), rules) != null) {
                error(
                        row.key("priority"),
                        "there is another band of priority " + band.priority().getAsInt());
            }
        }
        FlowSettings settings = new FlowSettings(
                new Bounds(count(rows.maxRequests(), Integer.MAX_VALUE), bytes(rows.maxBytes(), Long.MAX_VALUE)),
                bands,
                plain,
                negative,
                rows.evictQueued().orElse(ours),
                rows.refuseEarly().orElse(ours));
        Optional<Ceilings> ceilings = ceilings(rows.usageLimitPolicyPluginRef());
        Detector detector = detector(rows.saturationDetector().flatMap(PickerRows.SaturationDetector::pluginRef));
        boolean evicts = rows.enableEviction().orElse(false);
        show(settings, rows);
        shown.put("enableEviction", evicts);
        return wrong
                ? Optional.empty()
                : Optional.of(new FlowConfig(
                        settings, ceilings, detector.instance(), detector.entry(), detector.ttftMs(), evicts, shown));
    }

    private void show(FlowSettings settings, FlowRows rows) {
        shown.put("maxRequests", settings.total().count());
        shown.put("maxBytes", settings.total().bytes());
        shown.put("defaultPriorityBand", shown(settings.standard()));
        shown.put("defaultNegativePriorityBand", shown(settings.negative()));
        Map<String, Object> bands = new LinkedHashMap<>();
        settings.bands().forEach((priority, rules) -> bands.put(Integer.toString(priority), shown(rules)));
        shown.put("priorityBands", bands);
        shown.put("usageLimitPolicyPluginRef", rows.usageLimitPolicyPluginRef().orElse(FlowTypes.STATIC));
        shown.put(
                "saturationDetector",
                rows.saturationDetector()
                        .flatMap(PickerRows.SaturationDetector::pluginRef)
                        .orElse(FlowTypes.UTILIZATION));
        shown.put("evictQueued", settings.pushOut());
        shown.put("refuseEarly", settings.early());
    }

    private static Map<String, Object> shown(Rules rules) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("maxRequests", rules.bounds().count());
        row.put("maxBytes", rules.bounds().bytes());
        row.put("maxRequestsPerFlow", rules.flowBounds().count());
        row.put("maxBytesPerFlow", rules.flowBounds().bytes());
        row.put("fairness", rules.fairness().toString());
        row.put("ordering", Scalars.name(rules.ordering()));
        row.put("requestTTL", Duration.ofNanos(rules.patience().nanos()).toString());
        row.put(
                "noEndpointRequestTTL",
                Duration.ofNanos(rules.patience().withoutEndpoint()).toString());
        return row;
    }

    private static int count(Optional<Quantity> quantity, int otherwise) {
        long value = quantity.map(Quantity::value).orElse(0L);
        return value == 0 ? otherwise : (int) Math.min(value, Integer.MAX_VALUE);
    }

    private static long bytes(Optional<Quantity> quantity, long otherwise) {
        long value = quantity.map(Quantity::value).orElse(0L);
        return value == 0 ? otherwise : value;
    }

    private Rules rules(Optional<FlowRows.Band> band, FlowRows rows, Reading row) {
        Duration ttl = band.flatMap(FlowRows.Band::defaultRequestTTL)
                .or(rows::defaultRequestTTL)
                .orElse(TTL);
        Duration empty = band.flatMap(FlowRows.Band::noEndpointRequestTTL)
                .or(() -> band.flatMap(FlowRows.Band::defaultRequestTTL))
                .or(rows::noEndpointRequestTTL)
                .or(rows::defaultRequestTTL)
                .orElse(TTL);
        return new Rules(
                new Bounds(
                        count(band.flatMap(FlowRows.Band::maxRequests), BAND_REQUESTS),
                        bytes(band.flatMap(FlowRows.Band::maxBytes), BAND_BYTES)),
                new Bounds(
                        count(band.flatMap(FlowRows.Band::maxRequestsPerFlow), Integer.MAX_VALUE),
                        bytes(band.flatMap(FlowRows.Band::maxBytesPerFlow), Long.MAX_VALUE)),
                fairness(band.flatMap(FlowRows.Band::fairnessPolicyRef), row.key("fairnessPolicyRef")),
                ordering(band.flatMap(FlowRows.Band::orderingPolicyRef), row.key("orderingPolicyRef")),
                new Patience(ttl.toNanos(), empty.toNanos()));
    }

    private FairnessKind fairness(Optional<String> ref, Reading row) {
        Optional<Found> found = ref.flatMap(name -> find(name, Role.FAIRNESS, row));
        return switch (found.map(Found::type).orElse(FlowTypes.STRICT)) {
            case FlowTypes.ROUND_ROBIN -> FairnessKind.ROUND_ROBIN;
            case FlowTypes.FAIR_SHARE ->
                new FairnessKind.Shares(
                        ((FlowTypes.FairShare) found.orElseThrow().parameters()).saved());
            case FlowTypes.PROGRAM_AWARE -> {
                FlowTypes.ProgramAware las =
                        (FlowTypes.ProgramAware) found.orElseThrow().parameters();
                yield new FairnessKind.LeastService(
                        las.lasWeightService(), las.lasWeightHeadWait(), las.halfLife(), las.forget());
            }
            default -> FairnessKind.STRICT;
        };
    }

    private Ordering.Kind ordering(Optional<String> ref, Reading row) {
        Optional<Found> found = ref.flatMap(name -> find(name, Role.ORDERING, row));
        return switch (found.map(Found::type).orElse(FlowTypes.FCFS)) {
            case FlowTypes.EDF -> Ordering.Kind.DEADLINE;
            case FlowTypes.SLO_DEADLINE -> Ordering.Kind.DUE;
            default -> Ordering.Kind.FIFO;
        };
    }

    private Optional<Ceilings> ceilings(Optional<String> ref) {
        Reading row = at.key("usageLimitPolicyPluginRef");
        Optional<Found> found = ref.flatMap(name -> find(name, Role.USAGE_LIMIT, row));
        if (found.isEmpty()) {
            return Optional.of(Ceilings.same(1));
        }
        return switch (found.get().parameters()) {
            case FlowTypes.Static same -> Optional.of(Ceilings.same(same.threshold()));
            case FlowTypes.Holdback held ->
                Optional.of(new Ceilings.Holdback(
                        held.minCeiling(), held.maxCeiling(), held.domain().equals("value")));
            case FlowTypes.Batch batch -> Optional.of(Ceilings.batch(batch.ceiling(), batch.batchCeiling()));
            default -> Optional.empty();
        };
    }

    /** @param instance empty: by the predicted time to first token */
    private record Detector(Optional<String> instance, Optional<RoutingConfig.PluginEntry> entry, double ttftMs) {}

    private Detector detector(Optional<String> ref) {
        String name = ref.orElse(FlowTypes.UTILIZATION);
        Reading row = at.key("saturationDetector").key("pluginRef");
        if (instances.made().stream().anyMatch(made -> made.name().equals(name))) {
            boolean other = LlmdTypes.find(instances.type(name).orElse(""))
                    .filter(type -> type.kind() != LlmdType.Kind.SATURATION_DETECTOR)
                    .isPresent();
            if (other) {
                error(row, instances.type(name).orElse(name) + " is no saturation detector");
            }
            return new Detector(Optional.of(name), Optional.empty(), FlowRules.TTFT_MS);
        }
        boolean standsForItself = instances.type(name).isEmpty()
                && LlmdTypes.find(name)
                        .filter(type -> type.kind() == LlmdType.Kind.SATURATION_DETECTOR)
                        .isPresent()
                && FlowTypes.find(name).isEmpty();
        if (standsForItself) {
            Optional<RoutingConfig.PluginEntry> entry = catalog.find(name)
                    .flatMap(factory -> InstanceReader.plain(
                            factory, Position.start(at.file().toString())));
            if (entry.isEmpty() && ref.isPresent()) {
                error(row, name + " is not in this build of the gateway");
            }
            return new Detector(entry.map(RoutingConfig.PluginEntry::name), entry, FlowRules.TTFT_MS);
        }
        double ttft = find(name, Role.SATURATION, row)
                .map(found ->
                        ((FlowTypes.PredictedTtft) found.parameters()).ttft().toNanos() / 1e6)
                .orElse(FlowRules.TTFT_MS);
        return new Detector(Optional.empty(), Optional.empty(), ttft);
    }

    private record Found(String type, Record parameters) {}

    /** The policy of this name; a type that needs no parameters stands for itself. */
    private Optional<Found> find(String name, Role role, Reading row) {
        Instances.Served served = instances.served().get(name);
        String type = served == null
                ? instances.type(name).orElse(name)
                : served.type().name();
        Optional<FlowTypes.Type> known = FlowTypes.find(type);
        if (served == null && instances.type(name).isPresent()) {
            if (instances.complete()) {
                error(row, type + " is no " + role.words());
            }
            wrong = true;
            return Optional.empty();
        }
        if (known.isEmpty() && served == null) {
            instances.known(name, row);
            wrong = true;
            return Optional.empty();
        }
        if (known.isEmpty() || known.get().role() != role) {
            error(row, type + " is no " + role.words());
            return Optional.empty();
        }
        if (served != null) {
            return Optional.of(new Found(type, served.parameters()));
        }
        Node none = new Node.Mapping(at.problems().position(at.file().toString(), row.path()), List.of());
        Optional<Found> plain =
                binder.bind(known.get().parameters(), none, row).map(bound -> new Found(type, (Record) bound));
        wrong |= plain.isEmpty();
        return plain;
    }

    private void error(Reading row, String message) {
        wrong = true;
        row.problems().errorAt(at.file().toString(), row.path(), message);
    }
}
