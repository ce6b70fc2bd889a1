package dev.sluice.gateway.config;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Engines that serve one base model. */
public record PoolConfig(
        @Doc("Unique; shown in metrics.") String name,

        @Doc(
                "Names that clients may use; the first is what the engine is sent. `discover`: every name that an engine lists, sent unchanged.")
        Models models,

        @Doc("LoRA adapters, sent unchanged: `discover` asks the engines, `none`, or a list of names.")
        @Default("discover")
        Adapters adapters,

        @Doc("Tokens in one block of the engines' KV cache. Absent: read from their metrics.")
        @Range(min = 1, max = 65536)
        OptionalInt blockSize,

        @Doc(
                "How KV moves between engines: `none`, `nixl`, `shared-storage`, `offloading`, `lmcache`, `mooncake`, `sglang`, `sidecar`, or a plugin's; or with parameters, `{type: NAME, parameters: {…}}`.")
        @Default("none")
        ConnectorConfig connector,

        @Doc("The engines. Either these or `discovery`.") List<EndpointConfig> endpoints,
        @Doc("Where the engines are found.") Optional<Discovery> discovery,

        @Doc("Time limits of calls to the engines.") @Default("{}")
        Timeouts timeouts,

        @Doc(
                "Requests that one engine holds at once: a number, or `auto`: what it is seen to run, and as many again to wait there; 256 until that is known.")
        @Default("auto")
        Concurrency concurrency,

        @Doc("Sent to the engines as Bearer.") Optional<SecretText> credential,

        @Doc("How https engines are known.") Optional<Tls> tls,

        @Doc("Where the engines show their metrics.") @Default("{}")
        MetricsPage metrics,

        @Doc("Ports at which engines publish KV events whose rows do not say so. Absent: those do not.")
        Optional<KvEvents> kvEvents,

        @Doc("A key of `routing`. Absent: the default policy.")
        Optional<String> routing,

        @Doc(
                "A streaming client that waits for the pool's revisions to start is sent an SSE comment so often, which fixes its status"
                        + " as 200: what goes wrong then is told by an error event. Absent: nothing is sent before the answer.")
        Optional<Duration> progress,

        @Doc("Arrivals are forecast, and Knative revisions get pods before they come. Absent: not.")
        Optional<PrewarmConfig> prewarm) {

    /** The same with other endpoints. */
    PoolConfig withDiscovery(Discovery newDiscovery) {
        return new PoolConfig(
                name,
                models,
                adapters,
                blockSize,
                connector,
                List.of(),
                Optional.of(newDiscovery),
                timeouts,
                concurrency,
                credential,
                tls,
                metrics,
                kvEvents,
                routing,
                progress,
                prewarm);
    }

    /** The same with what an {@code EndpointPickerConfig} says of its engines. */
    PoolConfig by(Picker picker) {
        return new PoolConfig(
                name,
                models,
                adapters,
                blockSize,
                connector.maker().isPresent() ? connector : picker.connector(),
                endpoints,
                picker.endpoints().map(Discovery::new).or(() -> discovery),
                timeouts,
                concurrency,
                credential,
                picker.tls().or(() -> tls),
                picker.metrics().orElse(metrics),
                picker.kvEvents().or(() -> kvEvents),
                routing,
                progress,
                prewarm);
    }

    /** Ports of KV events, the same at all engines. */
    public record KvEvents(
            @Doc("Of the events of the first data-parallel rank; each further has the next.")
            @Default("5557")
            @Range(min = 1, max = 65535)
            int port,

            @Doc("Where the first rank repeats them; 0: nowhere. Absent: the port behind those of the events.")
            @Range(min = 0, max = 65535)
            OptionalInt replayPort,

            @Doc("Data-parallel ranks.") @Default("1") @Range(min = 1, max = 1024)
            int ranks) {
        /** Port of the first rank's replays; empty when there are none. */
        public OptionalInt replay() {
            int at = replayPort.orElse(port + ranks);
            return at > 0 && at <= 65535 ? OptionalInt.of(at) : OptionalInt.empty();
        }
    }

    /** The engines' metrics page. */
    public record MetricsPage(
            @Doc("Its path.") @Default("/metrics") String path,

            @Doc("Its port. Absent: the engine's own.") @Range(min = 1, max = 65535)
            OptionalInt port) {
        /** Refuses what is no path. */
        public MetricsPage {
            if (!path.matches("/[!-~&&[^?#]]*")) {
                throw new ConfigException("path must begin with / and hold no blank, ? or #, is \"" + path + "\"");
            }
        }
    }

    /** TLS to engines. Rows without a URL are https when this is there. */
    public record Tls(
            @Doc("The engines' certificates must come from one of these. Absent: from one that the JDK trusts.")
            Optional<Pem> ca) {
        /** Refuses what holds no certificate. */
        public Tls {
            ca.ifPresent(pem -> {
                try {
                    pem.certificates();
                } catch (ConfigException wrong) {
                    throw new ConfigException("ca: " + wrong.getMessage());
                }
            });
        }
    }

    /** Time limits. */
    public record Timeouts(
            @Doc("To open a connection.") @Default("1s") @Range(min = 0.001, max = 3600)
            Duration connect,

            @Doc("Until the first byte of the answer.") @Default("120s") @Range(min = 0.001, max = 86400)
            Duration firstByte,

            @Doc("All of a prefill leg, where prompts are computed on one engine for another.")
            @Default("60s")
            @Range(min = 0.001, max = 86400)
            Duration prefill,

            @Doc("Longest pause inside an answer.") @Default("60s") @Range(min = 0.001, max = 86400)
            Duration idle,

            @Doc("All of the exchange.") @Default("60m") @Range(min = 0.001, max = 604800)
            Duration total) {}
}
