package dev.sluice.gateway.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What no single tenant file shows: the same tenant, key id, key or token in two of them. Files are taken in one after the other;
 * whoever comes second is at fault.
 */
public final class TenantConflicts {
    private final boolean oneOnly;
    private final Map<String, TenantFile> tenants = new HashMap<>();
    private final Map<String, TenantFile> ids = new HashMap<>();
    private final Map<String, TenantFile> hashes = new HashMap<>();
    private final TokenOverlaps tokens = new TokenOverlaps();

    /** For the tenants of a gateway. */
    public TenantConflicts(GatewayConfig gateway) {
        this.oneOnly = gateway.pools().stream()
                .anyMatch(pool -> pool.connector().type().equals("shared-storage"));
    }

    /** Takes a good file in; what keeps it out, or nothing. */
    public List<ConfigError> add(TenantFile file) {
        List<ConfigError> errors = new ArrayList<>();
        TenantConfig tenant = file.config().orElseThrow();
        TenantFile twin = tenants.get(tenant.tenant());
        if (twin != null) {
            errors.add(file.error("tenant", "tenant " + tenant.tenant() + " has a file already: " + twin.path()));
        } else if (oneOnly && !tenants.isEmpty()) {
            errors.add(file.error(
                    "tenant",
                    "more than one tenant beside a connector shared-storage, whose files do not tell tenants"
                            + " apart: everybody would read everybody's cache; use another connector, or a gateway"
                            + " of its own"));
        }
        for (int i = 0; i < tenant.keys().size(); i++) {
            TenantConfig.Key key = tenant.keys().get(i);
            TenantFile other = ids.get(key.id());
            if (other != null) {
                errors.add(file.error("keys[" + i + "].id", "\"" + key.id() + "\" is a key of " + other.path()));
            }
            TenantFile same = hashes.get(key.sha256().hex());
            if (same != null) {
                errors.add(file.error("keys[" + i + "].sha256", "this key belongs to " + same.path() + " already"));
            }
        }
        for (int i = 0; i < tenant.match().size(); i++) {
            TenantFile other = tokens.taken(tenant.match().get(i));
            if (other != null) {
                errors.add(file.error(
                        "match[" + i + "]",
                        "takes tokens that " + other.path()
                                + " takes as well, whatever else they claim: such a token would be"
                                + " refused (403)"));
            }
        }
        if (errors.isEmpty()) {
            tenant.match().forEach(rule -> tokens.add(rule, file));
            tenants.put(tenant.tenant(), file);
            tenant.keys().forEach(key -> {
                ids.put(key.id(), file);
                hashes.put(key.sha256().hex(), file);
            });
        }
        return errors;
    }
}
