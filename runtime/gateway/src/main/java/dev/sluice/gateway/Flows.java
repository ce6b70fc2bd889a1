package dev.sluice.gateway;

import dev.sluice.core.RoutingRequest;
import dev.sluice.core.flow.Ticket.Share;
import dev.sluice.gateway.tenant.Tenant;
import java.util.Optional;

/**
 * Whose a request is when turns are given: its tenant's. Where there are no tenants clients may say it themselves, in llm-d's header; those
 * that don't are one flow together.
 */
final class Flows {
    /** Not the beginning of a tenant's name. */
    private static final char OPEN = '\0';

    private static final String[] FAIRNESS_ID = {"x-llm-d-inference-fairness-id", "x-gateway-inference-fairness-id"};
    private static final int LONGEST = 128;

    private Flows() {}

    static Share share(RoutingRequest request, Tenant tenant) {
        if (tenant != Tenant.EVERYBODY) {
            return new Share(tenant.name(), tenant.weight());
        }
        for (String header : FAIRNESS_ID) {
            Optional<String> said = request.header(header);
            if (said.isPresent() && !said.get().isBlank()) {
                String id = said.get().strip();
                return new Share(OPEN + (id.length() > LONGEST ? id.substring(0, LONGEST) : id), 1);
            }
        }
        return EVERYBODY;
    }

    private static final Share EVERYBODY = new Share(Tenant.ANONYMOUS, 1);

    /** The tenant that a flow belongs to: what clients say is no label. */
    static String tenant(String flow) {
        return flow.isEmpty() || flow.charAt(0) == OPEN ? Tenant.ANONYMOUS : flow;
    }
}
