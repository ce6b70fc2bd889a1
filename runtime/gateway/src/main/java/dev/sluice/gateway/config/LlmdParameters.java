package dev.sluice.gateway.config;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Range;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Parameters of llm-d's types that no factory takes: each is honoured, has no effect by its nature, or is refused. */
final class LlmdParameters {
    private static final String IN_THE_INDEX = "block size and capacity are read from the engines";
    private static final String BY_EVENTS = "precise-prefix-cache-scorer, or its producer, has it";
    private static final String ONE_INDEX = "deciders see the one index of what engines hold";
    private static final String RANKS = "list each data-parallel rank as an endpoint of its own, port by port";
    private static final String NO_COOKIE =
            "no cookie is set that names a server; sessions are what server.session says";

    /** @param refused false when it is only without effect */
    record Odd(boolean refused, String why) {}

    private static final Map<String, Map<String, Odd>> ODD = Map.of(
            "prefix-cache-scorer",
            Map.ofEntries(
                    none("hashBlockSize", IN_THE_INDEX),
                    none("blockSize", IN_THE_INDEX),
                    none("blockSizeTokens", IN_THE_INDEX),
                    none("autoTune", IN_THE_INDEX),
                    none("lruCapacityPerServer", IN_THE_INDEX),
                    none("maxPrefixBlocksToMatch", "whole prompts are matched"),
                    none("maxPrefixTokensToMatch", "whole prompts are matched"),
                    no("mode", BY_EVENTS),
                    no("indexerConfig", BY_EVENTS),
                    no("kvEventsConfig", BY_EVENTS)),
            "active-request-scorer",
            Map.ofEntries(none("requestTimeout", "a request counts until it has ended; llm-d ignores it too")),
            "session-affinity-scorer",
            Map.ofEntries(no("maxAge", NO_COOKIE), no("secure", NO_COOKIE), no("sameSite", NO_COOKIE)),
            "approx-prefix-cache-producer",
            Map.ofEntries(no("prefixHashSource", "prompts are hashed here, from the body")),
            "pd-profile-handler",
            Map.ofEntries(
                    none("hashBlockSize", IN_THE_INDEX),
                    none("prefixPluginType", ONE_INDEX),
                    none("prefixPluginName", ONE_INDEX),
                    no("primaryPort", RANKS)),
            "token-producer",
            Map.ofEntries(
                    none("estimate", "what engines report of earlier prompts makes the estimate"),
                    no(
                            "udsTokenizerConfig",
                            "no tokenizer is asked on a Unix socket: name the engines' own route as vllm: {url: …}")));

    private LlmdParameters() {}

    private static Map.Entry<String, Odd> none(String name, String why) {
        return Map.entry(name, new Odd(false, why));
    }

    private static Map.Entry<String, Odd> no(String name, String why) {
        return Map.entry(name, new Odd(true, why));
    }

    /** A parameter that llm-d takes, or took, for a type that has a factory here whose record lacks it. */
    static Optional<Odd> odd(String type, String parameter) {
        return Optional.ofNullable(ODD.getOrDefault(type, Map.of()).get(parameter));
    }

    /** All of them, by type. */
    static Map<String, Map<String, Odd>> odd() {
        return ODD;
    }

    /** Of {@code metrics-data-source}. */
    record MetricsSource(
            @Default("http") @OneOf({"http", "https"}) String scheme,
            @Default("/metrics") String path,
            @Range(min = 1, max = 65535) OptionalInt port,
            Optional<Boolean> insecureSkipVerify,
            Optional<Path> caCertPath,
            Optional<String> clientCertPath,
            Optional<String> clientKeyPath,
            Optional<Duration> interval) {
        MetricsSource {
            verified(scheme, insecureSkipVerify);
            if (clientCertPath.isPresent() || clientKeyPath.isPresent()) {
                throw new ConfigException("clientCertPath, clientKeyPath: no certificate is shown to engines");
            }
            new PoolConfig.MetricsPage(path, port);
        }
    }

    /** Of {@code models-data-source}. */
    record ModelsSource(
            @Default("http") @OneOf({"http", "https"}) String scheme,
            @Default("/v1/models") @OneOf("/v1/models") String path,
            Optional<Boolean> insecureSkipVerify,
            Optional<Duration> interval) {
        ModelsSource {
            verified(scheme, insecureSkipVerify);
        }
    }

    private static void verified(String scheme, Optional<Boolean> skip) {
        if (scheme.equals("https") && skip.orElse(false)) {
            throw new ConfigException("insecureSkipVerify: engines' certificates are always verified: name their CA as"
                    + " caCertPath of metrics-data-source");
        }
    }

    /** Of {@code topology-extractor}: labels that it may only name as they are. */
    record Topology(
            @Default("kubernetes.io/hostname") @OneOf("kubernetes.io/hostname")
            String hostnameLabel,

            @Default("topology.kubernetes.io/rack") @OneOf("topology.kubernetes.io/rack")
            String rackLabel,

            @Default("topology.kubernetes.io/zone") @OneOf("topology.kubernetes.io/zone")
            String zoneLabel,

            @Default("topology.kubernetes.io/region") @OneOf("topology.kubernetes.io/region")
            String regionLabel) {}

    /** Of {@code file-discovery}. */
    record FileDiscovery(Path path, @Default("false") boolean watchFile) {}

    /** Of {@code disagg-headers-handler} and {@code prefill-header-handler}: the handler of the profiles names them. */
    record DisaggHeaders(Optional<String> prefillProfile, Optional<String> encodeProfile) {}

    /** Of {@code openai-parser}. */
    record OpenAiParser(@Default("false") boolean propagatePriority) {
        OpenAiParser {
            if (propagatePriority) {
                throw new ConfigException("propagatePriority: priorities come with tenants");
            }
        }
    }
}
