package dev.sluice.gateway;

import dev.sluice.core.RoutingRequest.Objectives;
import dev.sluice.core.discovery.PoolRules;
import dev.sluice.gateway.config.TenantConfig;
import dev.sluice.gateway.tenant.Tenant;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for in llm-d's request headers, by their names of now or before. None of them goes on to an engine.
 * Without tenants everybody may set them; with tenants, who is permitted.
 */
final class ClientWishes implements Supplier<Objectives> {
    private static final String[] TTFT = {"x-llm-d-slo-ttft-ms", "x-slo-ttft-ms"};
    private static final String[] TPOT = {"x-llm-d-slo-tpot-ms", "x-slo-tpot-ms"};
    private static final String[] OBJECTIVE = {"x-llm-d-inference-objective", "x-gateway-inference-objective"};
    private static final String[] MODEL = {"x-llm-d-model-name-rewrite", "x-gateway-model-name-rewrite"};

    private final Function<String, Optional<String>> headers;
    private final Tenant tenant;
    private @Nullable Objectives read;

    ClientWishes(Function<String, Optional<String>> headers, Tenant tenant) {
        this.headers = headers;
        this.tenant = tenant;
    }

    /** The model that the request is meant for in the place of the one in its body; empty when none is named. */
    static String model(Function<String, Optional<String>> headers) {
        return first(headers, MODEL).strip();
    }

    /** That of the objective that the client names, where it may and there is such an objective; else its tenant's. */
    static int priority(Function<String, Optional<String>> headers, Tenant tenant, PoolRules rules) {
        if (rules.objectives().isEmpty() || !tenant.may(TenantConfig.Permission.OBJECTIVES)) {
            return tenant.priority();
        }
        String named = first(headers, OBJECTIVE).strip();
        return named.isEmpty() ? tenant.priority() : rules.priority(named).orElse(tenant.priority());
    }

    /** Read when a plugin asks for it first: most policies don't. What is no positive number is no objective. */
    @Override
    public synchronized Objectives get() {
        Objectives known = read;
        if (known == null) {
            known = tenant.may(TenantConfig.Permission.OBJECTIVES) ? said(tenant.objectives()) : tenant.objectives();
            read = known;
        }
        return known;
    }

    private Objectives said(Objectives otherwise) {
        Objectives said = new Objectives(number(first(headers, TTFT)), number(first(headers, TPOT)));
        return new Objectives(
                Double.isNaN(said.ttftMs()) ? otherwise.ttftMs() : said.ttftMs(),
                Double.isNaN(said.tpotMs()) ? otherwise.tpotMs() : said.tpotMs());
    }

    private static String first(Function<String, Optional<String>> headers, String[] names) {
        for (String name : names) {
            Optional<String> value = headers.apply(name);
            if (value.isPresent()) {
                return value.get();
            }
        }
        return "";
    }

    private static double number(String text) {
        try {
            return text.isEmpty() ? Double.NaN : Double.parseDouble(text.strip());
        } catch (NumberFormatException none) {
            return Double.NaN;
        }
    }
}
