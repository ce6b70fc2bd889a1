package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.Outcome;
import dev.sluice.core.Usage;
import dev.sluice.gateway.http.Head;
import dev.sluice.gateway.http.HeaderBlock;
import dev.sluice.gateway.trace.Trace;
import dev.sluice.gateway.trace.Traces;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What exchanges note for those who are told of requests. Where nobody is, there is no trace, and nothing is done. */
final class Tracing {
    private static final String TRACEPARENT = "traceparent";

    private Tracing() {}

    static @Nullable Trace begin(@Nullable Traces traces, long started, Head head) {
        if (traces == null) {
            return null;
        }
        String found = "";
        for (int i = 0; i < head.count(); i++) {
            if (head.nameIs(i, TRACEPARENT)) {
                if (!found.isEmpty()) {
                    return traces.begin(started, Optional.empty()); // two are none
                }
                found = head.value(i);
            }
        }
        return traces.begin(started, found.isEmpty() ? Optional.empty() : Optional.of(found));
    }

    static @Nullable Trace begin(@Nullable Traces traces, long started, dev.sluice.gateway.extproc.Head head) {
        if (traces == null) {
            return null;
        }
        List<String> found = head.headers(TRACEPARENT);
        return traces.begin(started, found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty());
    }

    /** It has waited for room since then, or been refused. */
    static void waited(@Nullable Trace trace, long since, Admission room) {
        if (trace != null) {
            trace.waited(since, System.nanoTime(), room.story());
        }
    }

    static void decided(@Nullable Trace trace, Placer.Placed placed) {
        if (trace != null) {
            trace.decided(
                    placed.decideNanos(),
                    placed.charge().map(Charge::endpointId).orElse(""),
                    placed.prefill().map(Charge::endpointId).orElse(""),
                    placed.predictedTokens(),
                    placed.decision().flatMap(Decision::fallback));
        }
    }

    /** The client's headers that may go on, with whose child the engine's part is. */
    static void copy(HeaderBlock to, Head client, Trace.@Nullable Leg leg) {
        if (leg == null) {
            to.copyAll(client, ReservedHeaders::passes);
            return;
        }
        boolean continued = leg.continued();
        to.copyAll(client, (head, i) -> ReservedHeaders.passesTraced(head, i, continued));
        to.add(TRACEPARENT, leg.traceparent());
    }

    /** The same for a proxy: names to be taken out, and names and values to be set. */
    static void change(List<String> remove, List<String> set, Trace.@Nullable Leg leg) {
        if (leg == null) {
            return;
        }
        set.addAll(List.of(TRACEPARENT, leg.traceparent()));
        if (!leg.continued()) {
            remove.add("tracestate");
        }
    }

    static void firstToken(Trace.@Nullable Leg leg) {
        if (leg != null) {
            leg.firstToken();
        }
    }

    static void cost(Trace.@Nullable Leg leg, Usage usage) {
        if (leg != null) {
            leg.cost(usage);
        }
    }

    static void ended(Trace.@Nullable Leg leg, Outcome outcome) {
        if (leg != null) {
            leg.ended(outcome.label());
        }
    }

    /** Why it failed; empty when it did not. A client's own mistake, or its leaving, is no failure. */
    static String error(int status, String reason) {
        return status >= 500 || (status == 200 && !reason.equals("ok")) ? reason : "";
    }
}
