package dev.sluice.gateway;

import dev.sluice.core.scan.BodyScan;
import dev.sluice.gateway.config.TenantConfig;
import dev.sluice.gateway.stream.GatewayError;
import dev.sluice.gateway.tenant.Tenant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Where one request may lead, by its tenant's rules, one way after the other: a model without capacity gives way to the next one
 * that they name. Without tenants there is one way.
 */
final class Ways {
    private final LiveState.Settings settings;
    private final BodyScan scan;
    private final String asked;
    private final List<TenantRoutes.Way> ways;
    private final long chance;
    private int at;

    private Ways(LiveState.Settings settings, BodyScan scan, String asked, List<TenantRoutes.Way> ways, long chance) {
        this.settings = settings;
        this.scan = scan;
        this.asked = asked;
        this.ways = ways;
        this.chance = chance;
    }

    /**
     * The ways of a request.
     *
     * @param model that is asked for, in its body or in a header
     * @param random decides between targets for requests without a session
     */
    static Ways of(
            LiveState.Settings settings,
            Tenant tenant,
            BodyScan scan,
            String model,
            Function<String, Optional<String>> headers,
            long random)
            throws Refused {
        if (tenant == Tenant.EVERYBODY) {
            return new Ways(settings, scan, model, List.of(), random);
        }
        if (!model.equals(scan.model()) && !tenant.may(TenantConfig.Permission.MODEL)) {
            throw new Refused(
                    GatewayError.HEADER_NOT_ALLOWED,
                    "The model is named in the body, not in a header, with this API key.");
        }
        Optional<String> session = SessionKeys.of(settings.sessions(), headers, scan, Optional::empty);
        long chance = TenantRoutes.chance(session, random);
        return new Ways(settings, scan, model, new TenantRoutes(settings, tenant, chance).ways(model), chance);
    }

    /** The model of the way that is to be tried now, by a name that clients use. */
    String model() {
        return ways.isEmpty() ? asked : ways.get(at).model();
    }

    /** Where that leads; pools may put another model in its place. */
    Prepared.Led lead() throws Refused {
        return ways.isEmpty()
                ? Prepared.led(settings, scan, asked, chance)
                : Prepared.led(settings, scan, ways.get(at), chance);
    }

    /**
     * That way is closed: the next one is to be tried.
     *
     * @param tried an engine has been tried
     * @throws Refused why, where that is the last word
     */
    void closed(Refused why, boolean tried) throws Refused {
        boolean capacity = why.error() == GatewayError.OVERLOADED || why.error() == GatewayError.NO_ENDPOINT;
        if (!capacity || tried || at + 1 >= ways.size()) {
            throw why;
        }
        at++;
    }
}
