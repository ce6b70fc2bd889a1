package dev.sluice.gateway.config;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Range;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

/** Listeners, limits and shutdown. Ports: 0 takes a free one. */
public record ServerConfig(
        @Doc("Address of the tenants' listener.") @Default("0.0.0.0")
        String host,

        @Doc("Its port. Option `--port`, then environment variable `PORT`, win over it.")
        @Default("8080")
        @Range(min = 0, max = 65535)
        int port,

        @Doc("Health, metrics, explanations and configuration, for operators.") @Default("{}")
        Admin admin,

        @Doc("A listener with `/metrics`, `/livez` and `/readyz` only. Absent: none.")
        Optional<Metrics> metrics,

        @Doc("Responses carry `x-sluice-endpoint`, `x-sluice-prefill-endpoint` and `x-sluice-decision`.")
        @Default("false")
        boolean debugHeaders,

        @Doc("TLS on the tenants' listener. Absent: plaintext. Renewed files are taken over while it runs.")
        Optional<Tls> tls,

        @Doc("What one client may take.") @Default("{}") Limits limits,
        @Doc("How a stop goes about it.") @Default("{}") Drain drain,

        @Doc("Where a request's session is found; the first that is there counts.")
        @Default("[header:x-session-id, body:metadata.session_id]")
        List<SessionSource> session,

        @Doc("One JSON line for each request on stderr, without prompts and keys.")
        @Default("off")
        @OneOf({"off", "json"})
        String accessLog,

        @Doc("A listener for Envoy, which asks it where each request goes. Absent: none.")
        Optional<ExtProc> extProc) {

    /** The same with other ports, as options and environment give them. */
    ServerConfig withPorts(int newPort, Admin newAdmin, Optional<Metrics> newMetrics) {
        return new ServerConfig(
                host, newPort, newAdmin, newMetrics, debugHeaders, tls, limits, drain, session, accessLog, extProc);
    }

    /** The same for an endpoint picker alone. */
    public ServerConfig asPicker(ExtProc picker, Metrics newMetrics, Drain newDrain) {
        return new ServerConfig(
                host,
                port,
                admin,
                Optional.of(newMetrics),
                debugHeaders,
                tls,
                limits,
                newDrain,
                session,
                accessLog,
                Optional.of(picker));
    }

    /** The endpoint picker's listener: Envoy's external processing over gRPC. */
    public record ExtProc(
            @Doc("Its address.") @Default("0.0.0.0") String host,

            @Doc("Its port.") @Default("9002") @Range(min = 0, max = 65535)
            int port,

            @Doc("TLS on it. Absent: plaintext.") Optional<Tls> tls,

            @Doc(
                    "Largest gRPC message; beyond it RESOURCE_EXHAUSTED. Envoy sends bodies in pieces, or whole when buffered.")
            @Default("4MiB")
            @Range(min = 65536, max = 1 << 30)
            Size message,

            @Doc("Answers are read for what they cost, where Envoy sends them. `false`: it is asked not to.")
            @Default("true")
            boolean usage,

            @Doc("Envoy's hint of allowed endpoints counts.") @Default("true")
            boolean subsetHint,

            @Doc("A plaintext listener with gRPC health alone, for Kubernetes' probes. Absent: none.")
            @Range(min = 0, max = 65535)
            OptionalInt healthPort) {}

    /** TLS on a listener. */
    public record Tls(
            @Doc("Its certificate, PEM, followed by those between it and the CA.")
            Pem cert,

            @Doc("The certificate's private key, PEM, without a password.")
            Pem key,

            @Doc("Clients must show a certificate of one of these. Absent: they need none.")
            Optional<Pem> clientCa) {
        /** Refuses what can't serve. */
        public Tls {
            X509Certificate own = named("cert", () -> cert.certificates().getFirst());
            PrivateKey secret = named("key", key::privateKey);
            if (!Pem.pair(secret, own.getPublicKey())) {
                throw new ConfigException("key: is not the key of the certificate");
            }
            clientCa.ifPresent(ca -> named("clientCa", ca::certificates));
        }

        private static <T> T named(String key, Supplier<T> read) {
            try {
                return read.get();
            } catch (ConfigException wrong) {
                throw new ConfigException(key + ": " + wrong.getMessage());
            }
        }
    }

    /** The operators' listener. */
    public record Admin(
            @Doc("Its address. Any but a loopback one needs a token.") @Default("127.0.0.1")
            String host,

            @Doc("Its port.") @Default("9190") @Range(min = 0, max = 65535)
            int port,

            @Doc("What callers must send as Bearer.") Optional<SecretText> token) {}

    /** The scraper's listener. */
    public record Metrics(
            @Doc("Its address.") @Default("0.0.0.0") String host,

            @Doc("Its port.") @Default("9191") @Range(min = 0, max = 65535)
            int port) {}

    /** Limits of the tenants' listener. */
    public record Limits(
            @Doc("Largest request body; beyond it 413.") @Default("64MiB") @Range(min = 1024, max = 1 << 30)
            Size body,

            @Doc("Largest head of a request; beyond it 431.") @Default("32KiB") @Range(min = 1024, max = 1 << 20)
            Size headers,

            @Doc("Connections open at once; beyond it new ones wait.")
            @Default("20000")
            @Range(min = 1, max = 1_000_000)
            int connections,

            @Doc("Time for the head of a request to arrive.") @Default("10s") @Range(min = 0.1, max = 3600)
            Duration headerTime,

            @Doc("Longest pause inside a request body.") @Default("30s") @Range(min = 0.1, max = 3600)
            Duration bodyIdle,

            @Doc("How long a request that broke two engines is refused; `0s`: not at all.")
            @Default("10m")
            @Range(min = 0, max = 86400)
            Duration quarantine) {
        /** With the usual quarantine. */
        public Limits(Size body, Size headers, int connections, Duration headerTime, Duration bodyIdle) {
            this(body, headers, connections, headerTime, bodyIdle, Duration.ofMinutes(10));
        }
    }

    /** Steps of a stop. */
    public record Drain(
            @Doc("Not ready, but still taking requests, so that routers can move on.")
            @Default("5s")
            @Range(min = 0, max = 3600)
            Duration notReadyFor,

            @Doc("Time for streams to end after that.") @Default("10m") @Range(min = 0, max = 86400)
            Duration streams) {
        /** What holds where nothing is said. */
        public static final Drain USUAL = new Drain(Duration.ofSeconds(5), Duration.ofMinutes(10));
    }
}
