package dev.sluice.gateway.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds rules for tokens of which one takes whatever the other takes: with two tenants every such token belongs to both, which
 * is nobody's. Rules about different claims may meet in one token as well; that shows only when such a token comes.
 */
final class TokenOverlaps {
    /** Rules by each value that they ask for. */
    private final Map<Asked, List<Owned>> byAny = new HashMap<>();
    /** Rules by the values of their first claim. */
    private final Map<Asked, List<Owned>> byFirst = new HashMap<>();

    /** Who has a rule about an issuer, and who has one that takes all its tokens. */
    private final Map<String, TenantFile> some = new HashMap<>();

    private final Map<String, TenantFile> everything = new HashMap<>();

    private record Asked(String issuer, String claim, String value) {}

    private record Owned(TenantConfig.Match rule, TenantFile file) {}

    void add(TenantConfig.Match rule, TenantFile file) {
        Owned owned = new Owned(rule, file);
        some.putIfAbsent(rule.issuer(), file);
        if (rule.claims().isEmpty()) {
            everything.put(rule.issuer(), file);
        }
        boolean first = true;
        for (Map.Entry<String, ClaimValues> claim : new TreeMap<>(rule.claims()).entrySet()) {
            for (String value : claim.getValue().values()) {
                Asked asked = new Asked(rule.issuer(), claim.getKey(), value);
                byAny.computeIfAbsent(asked, key -> new ArrayList<>()).add(owned);
                if (first) {
                    byFirst.computeIfAbsent(asked, key -> new ArrayList<>()).add(owned);
                }
            }
            first = false;
        }
    }

    /** A file with a rule that takes whatever this one takes, or the other way round; null when there is none. */
    @Nullable
    TenantFile taken(TenantConfig.Match rule) {
        TenantFile all = rule.claims().isEmpty() ? some.get(rule.issuer()) : everything.get(rule.issuer());
        if (all != null) {
            return all;
        }
        boolean first = true;
        for (Map.Entry<String, ClaimValues> claim : new TreeMap<>(rule.claims()).entrySet()) {
            for (String value : claim.getValue().values()) {
                Asked asked = new Asked(rule.issuer(), claim.getKey(), value);
                for (Owned other : byFirst.getOrDefault(asked, List.of())) {
                    if (takesAllOf(other.rule, rule)) {
                        return other.file;
                    }
                }
                if (first) {
                    for (Owned other : byAny.getOrDefault(asked, List.of())) {
                        if (takesAllOf(rule, other.rule)) {
                            return other.file;
                        }
                    }
                }
            }
            first = false;
        }
        return null;
    }

    private static boolean takesAllOf(TenantConfig.Match wide, TenantConfig.Match narrow) {
        return wide.claims().entrySet().stream().allMatch(claim -> {
            ClaimValues asked = narrow.claims().get(claim.getKey());
            return asked != null && claim.getValue().values().containsAll(asked.values());
        });
    }
}
