package dev.sluice.gateway.tenant;

import dev.sluice.gateway.config.ClaimValues;
import dev.sluice.gateway.config.TenantConfig;
import dev.sluice.gateway.identity.Checked;
import dev.sluice.gateway.identity.Identity;
import dev.sluice.gateway.identity.Issuers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Which tokens are whose. Filled, then only read. */
final class TokenRules {
    private static final System.Logger LOG = System.getLogger(TokenRules.class.getName());

    private final Optional<Issuers> issuers;
    private final Map<String, ByClaim> byIssuer = new HashMap<>();

    /** Rules of one issuer, by the first claim that they ask for, so that a thousand tenants are not looked through. */
    private record ByClaim(List<Rule> all, Map<String, Map<String, List<Rule>>> first) {
        ByClaim() {
            this(new ArrayList<>(), new TreeMap<>());
        }
    }

    private record Rule(Map<String, ClaimValues> claims, Tenant tenant, Caller.Verdict verdict) {
        boolean takes(Identity who) {
            return claims.entrySet().stream()
                    .allMatch(claim -> who.values(claim.getKey()).stream()
                            .anyMatch(value -> claim.getValue().values().contains(value)));
        }
    }

    TokenRules(Optional<Issuers> issuers) {
        this.issuers = issuers;
    }

    void add(TenantConfig.Match match, Tenant tenant, Caller.Verdict verdict) {
        ByClaim rules = byIssuer.computeIfAbsent(match.issuer(), name -> new ByClaim());
        Rule rule = new Rule(match.claims(), tenant, verdict);
        if (match.claims().isEmpty()) {
            rules.all.add(rule);
            return;
        }
        Map.Entry<String, ClaimValues> first = new TreeMap<>(match.claims()).firstEntry();
        for (String value : first.getValue().values()) {
            rules.first
                    .computeIfAbsent(first.getKey(), name -> new HashMap<>())
                    .computeIfAbsent(value, name -> new ArrayList<>())
                    .add(rule);
        }
    }

    /** Whose token this is. */
    Caller caller(String token) {
        if (issuers.isEmpty() || !Issuers.mayBe(token)) {
            return Caller.UNKNOWN;
        }
        return switch (issuers.get().check(token)) {
            case Checked.Known known -> caller(known.identity());
            case Checked.Unchecked unchecked -> Caller.UNCHECKED;
            case Checked.Bad bad -> {
                LOG.log(System.Logger.Level.DEBUG, "a token is refused: {0}", bad.reason());
                yield Caller.UNKNOWN;
            }
        };
    }

    private Caller caller(Identity who) {
        ByClaim rules = byIssuer.get(who.issuer());
        if (rules == null) {
            return Caller.UNKNOWN;
        }
        List<Rule> taking = new ArrayList<>(rules.all);
        rules.first.forEach((claim, byValue) -> {
            for (String value : who.values(claim)) {
                byValue.getOrDefault(value, List.of()).stream()
                        .filter(rule -> rule.takes(who) && !taking.contains(rule))
                        .forEach(taking::add);
            }
        });
        if (taking.isEmpty()) {
            return Caller.UNKNOWN;
        }
        Rule first = taking.getFirst();
        boolean one = taking.stream().allMatch(rule -> rule.tenant == first.tenant && rule.verdict == first.verdict);
        return one
                ? new Caller(first.tenant, who.label(), first.verdict)
                : new Caller(Tenant.EVERYBODY, who.label(), Caller.Verdict.SHARED);
    }
}
