package dev.sluice.gateway.config;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Whose tokens (JWT, RFC 7519) stand for an API key; a tenant's {@code match} says which of them are that tenant's. */
public record IdentityConfig(
        @Doc("Who signs tokens.") @Range(min = 1) List<Issuer> issuers) {
    /** The signatures that may be asked for: all that only the issuer can make. */
    static final Set<String> ALGORITHMS =
            Set.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512");

    /** Whose service accounts' tokens a cluster signs, unless it was told otherwise. */
    private static final String CLUSTER = "https://kubernetes.default.svc.cluster.local";

    private static final String CLUSTER_KEYS = "https://kubernetes.default.svc/openid/v1/jwks";
    private static final Path CLUSTER_FILES = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

    /** Who signs tokens. */
    public record Issuer(
            @Doc("Names it in tenants' `match` and in the usage log.")
            String name,

            @Doc("What its tokens have as `iss`. Absent, with `kubernetes`: the cluster's usual one; else required.")
            Optional<String> issuer,

            @Doc("What its tokens must have as `aud`, alone or among others.")
            String audience,

            @Doc(
                    "Where its keys are (JWK Set, RFC 7517): https, or http on this machine. Absent, with `kubernetes`: the"
                            + " cluster's API server; else required.")
            Optional<String> jwks,

            @Doc("Signatures that count: `RS256`, `PS256`, `ES256` and their 384 and 512 forms. Never symmetric ones:"
                    + " who checks those could make them.")
            @Default("[RS256, ES256]")
            @Range(min = 1)
            List<String> algorithms,

            @Doc("Certificates that may sign for the server of `jwks`, as `{file: PATH}`. Absent: those that Java"
                    + " trusts; with `kubernetes`: the cluster's.")
            Optional<Pem> ca,

            @Doc(
                    "A file whose content is sent as Bearer to the server of `jwks`, read anew each time. Absent: none; with"
                            + " `kubernetes`: this pod's own token.")
            Optional<Path> tokenFile,

            @Doc("How far the clocks may differ.") @Default("30s") @Range(min = 0, max = 60)
            Duration skew,

            @Doc("Whether these are the tokens of service accounts of the cluster that this runs in: then `issuer`,"
                    + " `jwks`, `ca` and `tokenFile` are known, and `match` may name the claims `namespace` and"
                    + " `serviceaccount`.")
            @Default("false")
            boolean kubernetes) {
        /** Refuses what could not be trusted. */
        public Issuer {
            if (!name.matches("[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")) {
                throw new ConfigException(
                        "name must be lower-case letters, digits, '.', '_', '-', at most 63, is \"" + name + "\"");
            }
            if (audience.isBlank()) {
                throw new ConfigException(
                        "audience must not be empty: a token that is meant for others must not count");
            }
            for (String algorithm : algorithms) {
                if (!ALGORITHMS.contains(algorithm)) {
                    throw new ConfigException("algorithms: \"" + algorithm + "\" is none of those that count ("
                            + String.join(", ", ALGORITHMS.stream().sorted().toList()) + ")");
                }
            }
            if (!kubernetes && issuer.filter(text -> !text.isBlank()).isEmpty()) {
                throw new ConfigException("issuer is missing");
            }
            if (!kubernetes && jwks.isEmpty()) {
                throw new ConfigException("jwks is missing");
            }
            jwks.ifPresent(Issuer::checked);
        }

        private static void checked(String text) {
            try {
                URI uri = new URI(text);
                String host = uri.getHost();
                boolean here =
                        host != null && (host.equals("localhost") || host.equals("127.0.0.1") || host.equals("[::1]"));
                if (host == null || !("https".equals(uri.getScheme()) || ("http".equals(uri.getScheme()) && here))) {
                    throw new ConfigException("jwks must be an https URL (http only on this machine), is \"" + text
                            + "\": who changes its answer lets anybody in");
                }
                if (uri.getUserInfo() != null || uri.getFragment() != null) {
                    throw new ConfigException("jwks must not hold a user or a fragment");
                }
            } catch (URISyntaxException e) {
                throw new ConfigException("jwks is not a URL: " + e.getReason());
            }
        }

        /** What its tokens have as {@code iss}. */
        public String iss() {
            return issuer.orElse(CLUSTER);
        }

        /** Where its keys are. */
        public URI keys() {
            return URI.create(jwks.orElse(CLUSTER_KEYS));
        }

        /** Certificates that may sign for the server of its keys, as a file; only for a cluster's own. */
        public Optional<Path> caFile() {
            return kubernetes && ca.isEmpty() && jwks.isEmpty()
                    ? Optional.of(CLUSTER_FILES.resolve("ca.crt"))
                    : Optional.empty();
        }

        /** The file that is sent as Bearer to the server of its keys. */
        public Optional<Path> bearer() {
            return tokenFile.or(() ->
                    kubernetes && jwks.isEmpty() ? Optional.of(CLUSTER_FILES.resolve("token")) : Optional.empty());
        }
    }
}
