package dev.sluice.gateway.config;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A tenant file: who it is, what it may use, and how it is routed. */
public record TenantConfig(
        @Doc("Unique; shown in metrics and logs.") String tenant,

        @Doc("API keys: several at once, so that they can be rotated.")
        List<Key> keys,

        @Doc(
                "Tokens of the gateway's issuers (`identity`) that are this tenant's: those that one of these rules takes.")
        List<Match> match,

        @Doc("What it may use and where that leads. Absent: every model, where the pools lead.")
        List<Route> routes,

        @Doc("Among those who wait for room, the highest goes first.") @Default("0") @Range(min = -1000, max = 1000)
        int priority,

        @Doc("Its share of the engines' time among tenants of the same priority, while requests wait.")
        @Default("1")
        @Range(min = 0.001, max = 1000000)
        double weight,

        @Doc("What it may use per minute and at once. Absent: no limit.") @Default("{}")
        Quota quota,

        @Doc("What its requests should be served within, where they don't say so themselves.") @Default("{}")
        Objectives objectives,

        @Doc("What its clients may say themselves: `objectives` (headers of time objectives), `model` (the header"
                + " that names another model), `priority` (the body's, passed to the engines).")
        Set<Permission> may,

        @Doc("With whom its prompts share what engines have cached.") @Default("{}")
        Cache cache) {

    /** Refuses names that would be taken for others. */
    public TenantConfig {
        if (!tenant.matches("[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")) {
            throw new ConfigException(
                    "tenant must be lower-case letters, digits, '.', '_', '-', at most 63, is \"" + tenant + "\"");
        }
        if (Set.of("anonymous", "other").contains(tenant)) {
            throw new ConfigException("tenant must not be \"" + tenant + "\", which has a meaning of its own");
        }
    }

    /** An API key. */
    public record Key(
            @Doc("Names the key in logs; unique among all tenants.")
            String id,

            @Doc("SHA-256 of the key, as `./sluice key new` prints it.")
            KeyHash sha256,

            @Doc("From then on it is refused. Absent: never.")
            Optional<Instant> expires) {
        /** Refuses ids that would not fit into a key. */
        public Key {
            if (!id.matches("[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")) {
                throw new ConfigException("id must be lower-case letters, digits and '-', at most 40");
            }
        }
    }

    /** Some tokens of an issuer. */
    public record Match(
            @Doc("An issuer's name.") String issuer,

            @Doc(
                    "What a token must claim: each of these, with this value or one of these. A claim that is a list must hold it;"
                            + " one inside another is named by the way to it (`realm_access/roles`). Absent: every token of the issuer.")
            Map<String, ClaimValues> claims) {}

    /** Some models and where they lead. */
    public record Route(
            @Doc("Names that its clients may use. One that the pool does not have is another name of its first model.")
            @Range(min = 1)
            List<String> models,

            @Doc("Where they lead. Absent, and no `targets`: where the pools lead.")
            Optional<String> pool,

            @Doc("Several pools, each with its share. A session stays with one.")
            List<Target> targets,

            @Doc("Models to be used in the place of these when they have no room, in order.")
            List<String> fallback,

            @Doc("A key of the gateway's `routing`. Absent: the pool's own policy.")
            Optional<String> routing,

            @Doc("Only endpoints with all of these labels.") Map<String, String> labels,

            @Doc("As `pools[].progress`, for this route alone.")
            Optional<Duration> progress) {}

    /** A pool and its share. */
    public record Target(
            @Doc("A pool's name.") String pool,

            @Doc("Its share of the sum of all weights.") @Default("1") @Range(min = 0, max = 1000000)
            int weight) {}

    /** Limits over all models, and of single ones. */
    public record Quota(
            @Doc("Requests per minute; 0 for no limit.") @Default("0") @Range(min = 0, max = 1000000000)
            long requestsPerMinute,

            @Doc("Tokens of prompts and answers per minute; 0 for no limit.")
            @Default("0")
            @Range(min = 0, max = 1000000000)
            long tokensPerMinute,

            @Doc("Requests at once; 0 for no limit.") @Default("0") @Range(min = 0, max = 1000000)
            int concurrent,

            @Doc("Further limits of single models, by a name that its clients use.")
            Map<String, ModelQuota> models,

            @Doc(
                    "While other replicas (`peers`) are silent: `share`: each side gives its even part of the limits, for a minute;"
                            + " `deny`: nothing but what is left of a tenth of a limit, until they are heard again.")
            @Default("share")
            OnPartition onPartition) {}

    /** What replicas that don't hear each other may give. */
    public enum OnPartition {
        /** Each side its part. */
        SHARE,
        /** No more than what the others need not know of. */
        DENY
    }

    /** Limits of one model. */
    public record ModelQuota(
            @Doc("Requests per minute; 0 for no limit.") @Default("0") @Range(min = 0, max = 1000000000)
            long requestsPerMinute,

            @Doc("Tokens of prompts and answers per minute; 0 for no limit.")
            @Default("0")
            @Range(min = 0, max = 1000000000)
            long tokensPerMinute,

            @Doc("Requests at once; 0 for no limit.") @Default("0") @Range(min = 0, max = 1000000)
            int concurrent) {}

    /** Times that are aimed at. */
    public record Objectives(
            @Doc("To the first token.") @Range(min = 0.001, max = 3600)
            Optional<Duration> ttft,

            @Doc("Per token after it.") @Range(min = 0.001, max = 3600)
            Optional<Duration> tpot) {}

    /** Who shares cached prompts. */
    public record Cache(
            @Doc("Tenants of one group find each other's prompts in the engines' caches, and can tell by the time"
                    + " that others sent them. Absent: nobody else's.")
            Optional<String> group,

            @Doc("Another number makes its cache salt new; the same for all of a group.")
            @Default("1")
            @Range(min = 0, max = 1000000)
            int epoch) {}

    /** What clients may say themselves. */
    public enum Permission {
        /** Headers that name time objectives. */
        OBJECTIVES,
        /** The header that names another model than the body. */
        MODEL,
        /** The body's {@code priority}. */
        PRIORITY
    }
}
