package dev.sluice.gateway.config;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** llm-d's section {@code flowControl}, with what Sluice adds to it. */
record FlowRows(
        @Doc("Bytes of bodies that may wait in all, as a Kubernetes quantity. Absent or 0: no bound but the bands'.")
        Optional<Quantity> maxBytes,

        @Doc("Requests that may wait in all. Absent or 0: no bound but the bands'.")
        Optional<Quantity> maxRequests,

        @Doc("How long a request may wait. Absent: 60s.") Optional<Duration> defaultRequestTTL,

        @Doc("How long it may wait while no endpoint is in service. Absent: `defaultRequestTTL`, 60s without.")
        Optional<Duration> noEndpointRequestTTL,

        @Doc("Rules of priorities from 0 up that `priorityBands` does not name.")
        Optional<Band> defaultPriorityBand,

        @Doc("Rules of priorities below 0 that it does not name. Absent: those of `defaultPriorityBand`.")
        Optional<Band> defaultNegativePriorityBand,

        @Doc("Rules of single priorities.") @Default("[]") List<Band> priorityBands,

        @Doc("How full each band may fill the pool: a usage limit policy, by name or type. Absent:"
                + " `static-usage-limit-policy`.")
        Optional<String> usageLimitPolicyPluginRef,

        @Doc("How full the pool is.") Optional<PickerRows.SaturationDetector> saturationDetector,

        @Doc(
                "While the pool is full and a request of priority 0 or above waits, requests of negative priority that run are taken"
                        + " back: the lowest first, of those the newest. Absent: false.")
        Optional<Boolean> enableEviction,

        @Doc(
                "Not in llm-d: a request that comes to a full queue pushes out waiting ones of lower priority, and of its own"
                        + " priority those of a flow that has more waiting for its weight. Absent: true here, false in an"
                        + " EndpointPickerConfig.")
        Optional<Boolean> evictQueued,

        @Doc(
                "Not in llm-d: a request that would wait longer than it may, by the speed at which the queue moves, is refused"
                        + " at once. Absent: true here, false in an EndpointPickerConfig.")
        Optional<Boolean> refuseEarly) {

    /** Nothing said. */
    static final FlowRows NONE = new FlowRows(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    /** Rules of a priority. */
    record Band(
            @Doc("Which; not of the default bands.") OptionalInt priority,

            @Doc("Bytes of bodies that may wait in it. Absent: 1G.")
            Optional<Quantity> maxBytes,

            @Doc("Requests that may wait in it. Absent: 5000.")
            Optional<Quantity> maxRequests,

            @Doc("How long they may wait.") Optional<Duration> defaultRequestTTL,

            @Doc("How long while no endpoint is in service.")
            Optional<Duration> noEndpointRequestTTL,

            @Doc(
                    "How turns are given to flows: a fairness policy, by name or type. Absent: `global-strict-fairness-policy`.")
            Optional<String> fairnessPolicyRef,

            @Doc(
                    "How requests of one flow are ordered: an ordering policy, by name or type. Absent: `fcfs-ordering-policy`.")
            Optional<String> orderingPolicyRef,

            @Doc("Not in llm-d: bytes of one flow (a tenant) that may wait in it. Absent: no bound of its own.")
            Optional<Quantity> maxBytesPerFlow,

            @Doc("Not in llm-d: requests of one flow (a tenant) that may wait in it. Absent: no bound of its own.")
            Optional<Quantity> maxRequestsPerFlow) {}
}
