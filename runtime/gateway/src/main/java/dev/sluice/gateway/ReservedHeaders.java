package dev.sluice.gateway;

import dev.sluice.gateway.http.Head;
import java.util.Locale;
import java.util.Set;

/**
 * Headers that never pass from a client to an engine: they choose destinations or ranks, belong to the platform, carry
 * the client's credentials, or are set by the gateway itself ({@code docs/interfaces.md} 3). An underscore counts as a hyphen: some
 * that read headers behind us take one for the other.
 */
final class ReservedHeaders {
    private static final String[] EXACT = {
        "host",
        "content-length",
        "authorization",
        "x-api-key",
        "cookie",
        "accept-encoding",
        "x-request-id",
        "x-data-parallel-rank",
        "x-data-parallel-host-port",
        "x-prefiller-host-port",
        "x-encoder-hosts-ports",
        "x-kv-cache-source-host-port",
        "epp-profile",
        "x-gateway-model-name-rewrite",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "forwarded",
    };
    private static final String[] PREFIXES = {
        "x-gateway-destination-endpoint", "x-gateway-inference-", "k-", "knative-", "x-sluice-", "x-llm-d-", "x-slo-",
    };

    private ReservedHeaders() {}

    /** True when header i of a client's request may go on to an engine. */
    static boolean passes(Head head, int i) {
        if (head.hopByHop(i, true)) {
            return false;
        }
        for (String name : EXACT) {
            if (head.nameIs(i, name)) {
                return false;
            }
        }
        for (String prefix : PREFIXES) {
            if (head.nameStartsWith(i, prefix)) {
                return false;
            }
        }
        if (head.nameIs(i, "user-agent")) {
            return !probe(head.value(i));
        }
        return !head.nameHolds(i, '_') || !anywhere(hyphens(head.name(i).toLowerCase(Locale.ROOT)));
    }

    /** The same where the gateway says itself whose child the engine's part of a trace is. */
    static boolean passesTraced(Head head, int i, boolean continued) {
        return passes(head, i) && !head.nameIs(i, "traceparent") && (continued || !head.nameIs(i, "tracestate"));
    }

    private static String hyphens(String name) {
        return name.replace('_', '-');
    }

    /** What is left to a proxy that carries the bytes: they are its own business. */
    private static final Set<String> PROXYS =
            Set.of("host", "content-length", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded");

    /** True for a lower-case name that a proxy must take from a client's request before an engine sees it. */
    static boolean reserved(String name) {
        return !PROXYS.contains(name) && anywhere(hyphens(name));
    }

    private static boolean anywhere(String name) {
        for (String exact : EXACT) {
            if (exact.equals(name)) {
                return true;
            }
        }
        for (String prefix : PREFIXES) {
            if (name.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }

    private static boolean probe(String agent) {
        return agent.startsWith("kube-probe/") || agent.startsWith("Knative-") || agent.startsWith("knative-");
    }

    /** True when header i of an engine's answer may go on to a client. */
    static boolean returns(Head head, int i) {
        return !head.hopByHop(i, true)
                && !head.nameIs(i, "x-request-id")
                && !head.nameIs(i, "server")
                && !head.nameIs(i, "date")
                && !head.nameStartsWith(i, "x-sluice-")
                && !head.nameStartsWith(i, "x-inference-");
    }
}
