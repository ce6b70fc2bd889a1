package dev.sluice.gateway.config;

import java.util.List;
import java.util.Set;

/** llm-d's switches: {@code name}, {@code name=true} or {@code name=false}. */
final class FeatureGates {
    private static final String FLOW_CONTROL = "flowControl";
    private static final String HA = "haPopulateNonLeaderDatastore";
    /** Those whose feature is no longer a choice in llm-d. */
    private static final Set<String> RETIRED = Set.of("dataLayer", "prepareDataPlugins", "enableLegacyMetrics");

    private final Reading at;

    FeatureGates(Reading at) {
        this.at = at;
    }

    /** Checks all of them; true when flow control is on. */
    boolean flowControl(List<String> gates) {
        boolean on = false;
        for (int i = 0; i < gates.size(); i++) {
            String[] parts = gates.get(i).split("=", -1);
            String name = parts[0];
            Reading gate = at.item(i);
            if (parts.length > 2 || (parts.length == 2 && !parts[1].strip().matches("(?i)true|false"))) {
                error(gate, "expected NAME, NAME=true or NAME=false, found " + gates.get(i));
                continue;
            }
            boolean value = parts.length == 1 || parts[1].strip().equalsIgnoreCase("true");
            if (name.equals(FLOW_CONTROL)) {
                on = value;
            } else if (name.equals(HA) || RETIRED.contains(name)) {
                String why = name.equals(HA)
                        ? "there is no leader to be elected, every gateway knows all endpoints"
                        : "the gate is retired, what it switched is always on";
                gate.problems().warningAt(file(), gate.path(), name + " has no effect: " + why);
            } else {
                error(gate, "unknown feature gate " + name + Nearest.hint(name, List.of(FLOW_CONTROL, HA)));
            }
        }
        return on;
    }

    private void error(Reading where, String message) {
        where.problems().errorAt(file(), where.path(), message);
    }

    private String file() {
        return at.file().toString();
    }
}
