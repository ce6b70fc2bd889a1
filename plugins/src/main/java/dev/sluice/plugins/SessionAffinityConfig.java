package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Range;
import dev.sluice.spi.Secret;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Parameters of {@code session-affinity-filter} and {@code session-affinity-scorer}. llm-d has had them flat and in two
 * groups; both are taken, and where both are given the group counts.
 *
 * @param strategy how a session is tied to its endpoint
 * @param headerName header that carries the token, or the session's id; empty: the strategy's own
 * @param profileName profile whose pick a session is tied to; empty: the one that serves the client
 * @param evictionTtlSeconds how long a session that is not used stays bound, s
 * @param evictionSweepSeconds taken for llm-d's sake
 * @param encodedEndpointHeaderConfig for {@code encoded_endpoint_header}
 * @param sessionIdConfig for {@code session_id}
 * @param token what tokens look like
 * @param key secret that opaque tokens are made with; empty for none
 */
public record SessionAffinityConfig(
        @Doc("How a session is tied to its endpoint: by a token in a header that the client sends back, or by its id.")
        @Default("encoded_endpoint_header")
        @OneOf({"encoded_endpoint_header", "session_id"})
        String strategy,

        @Doc("Header with the token (default x-session-token), or with the session's id (default x-session-id).")
        @Default("\"\"")
        String headerName,

        @Doc("Profile whose pick counts; empty: the one that serves the client.") @Default("\"\"")
        String profileName,

        @Doc("Seconds that a session which is not used stays bound; session_id only.")
        @Default("300")
        @Range(min = 0.001, max = 1e7)
        double evictionTtlSeconds,

        @Doc("Has no effect: bindings end when their time is over, without a sweep.")
        @Default("10")
        @Range(min = 0.001, max = 1e7)
        double evictionSweepSeconds,

        @Doc("The header of encoded_endpoint_header, as llm-d groups it.")
        Optional<EncodedEndpointHeader> encodedEndpointHeaderConfig,

        @Doc("The parameters of session_id, as llm-d groups them.")
        Optional<SessionId> sessionIdConfig,

        @Doc("opaque: shows no name; plain: llm-d's base64 of namespace/name, which any client can read and make.")
        @Default("opaque")
        @OneOf({"opaque", "plain"})
        String token,

        @Doc(
                "Key for opaque tokens, so that nobody who knows an endpoint's name can make its token. The same on all replicas.")
        @Secret
        Optional<String> key) {

    /** Where the session's id may be read, as llm-d's request attribute is called. */
    private static final String AGENT_IDENTITY = "agent-identity";

    /**
     * Group of {@code encoded_endpoint_header}.
     *
     * @param header that carries the token
     */
    public record EncodedEndpointHeader(
            @Doc("Header that carries the token.") @Default("x-session-token")
            String header) {}

    /**
     * Group of {@code session_id}.
     *
     * @param sources where the id is read, the first that is there counts
     * @param evictionTtlSeconds how long a session that is not used stays bound, s
     * @param evictionSweepSeconds taken for llm-d's sake
     */
    public record SessionId(
            @Doc("Where the id is read; the first that is there counts. None: header x-session-id.") @Default("[]")
            List<Source> sources,

            @Doc("Seconds that a session which is not used stays bound.") @Default("300") @Range(min = 0.001, max = 1e7)
            double evictionTtlSeconds,

            @Doc("Has no effect.") @Default("10") @Range(min = 0.001, max = 1e7)
            double evictionSweepSeconds) {
        /** Copies the sources. */
        public SessionId {
            sources = List.copyOf(sources);
        }
    }

    /**
     * One place.
     *
     * @param header a request header; empty for none
     * @param attribute {@code agent-identity}: the session as the gateway found it; empty for none
     */
    public record Source(
            @Doc("A request header.") @Default("\"\"") String header,

            @Doc("agent-identity: the session as agent-identity and server.session find it.") @Default("\"\"")
            String attribute) {
        /**
         * Checks that it is one of the two.
         *
         * @throws ConfigException when it is none or both, or an attribute that there is not
         */
        public Source {
            if (header.isEmpty() == attribute.isEmpty()) {
                throw new ConfigException("a source is either a header or an attribute");
            }
            if (!attribute.isEmpty() && !attribute.equals(AGENT_IDENTITY)) {
                throw new ConfigException("attribute '" + attribute + "' is not supported; allowed: " + AGENT_IDENTITY);
            }
            header = header.toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Checks what the strategy does not use.
     *
     * @throws ConfigException when a key is given for the wrong kind of token
     */
    public SessionAffinityConfig {
        headerName = headerName.strip().toLowerCase(Locale.ROOT);
        if (key.isPresent() && (!token.equals("opaque") || !strategy.equals("encoded_endpoint_header"))) {
            throw new ConfigException("key is for opaque tokens of strategy encoded_endpoint_header");
        }
    }

    /** A configuration with everything but the strategy left at its default. */
    static SessionAffinityConfig of(String strategy) {
        return new SessionAffinityConfig(
                strategy, "", "", 300, 10, Optional.empty(), Optional.empty(), "opaque", Optional.empty());
    }

    boolean byToken() {
        return strategy.equals("encoded_endpoint_header");
    }

    String tokenHeader() {
        String grouped = encodedEndpointHeaderConfig
                .map(EncodedEndpointHeader::header)
                .map(header -> header.strip().toLowerCase(Locale.ROOT))
                .orElse(headerName);
        return grouped.isEmpty() ? "x-session-token" : grouped;
    }

    List<Source> sources() {
        List<Source> grouped = sessionIdConfig.map(SessionId::sources).orElse(List.of());
        return grouped.isEmpty()
                ? List.of(new Source(headerName.isEmpty() ? "x-session-id" : headerName, ""))
                : grouped;
    }

    double ttlSeconds() {
        return sessionIdConfig.map(SessionId::evictionTtlSeconds).orElse(evictionTtlSeconds);
    }
}
