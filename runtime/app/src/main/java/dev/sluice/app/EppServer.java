package dev.sluice.app;

import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.Pem;
import dev.sluice.gateway.config.ServerConfig;
import dev.sluice.gateway.config.Size;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** llm-d's flags for the listeners. A flag that is given wins over the configuration, which wins over llm-d's default. */
final class EppServer {
    private static final int PORT = 9002;
    private static final int HEALTH_PORT = 9003;
    private static final int METRICS_PORT = 9090;
    private static final Size MESSAGE = new Size(4 << 20);
    private static final Duration DRAIN = Duration.ofSeconds(30);

    @Option(names = "--grpc-port", paramLabel = "N", description = "Port for Envoy. Default: 9002.")
    private Optional<Integer> port = Optional.empty();

    @Option(
            names = "--grpc-health-port",
            paramLabel = "N",
            description = "Port of a plaintext listener with gRPC health alone. Default: 9003.")
    private Optional<Integer> healthPort = Optional.empty();

    @Option(names = "--metrics-port", paramLabel = "N", description = "Port for Prometheus. Default: 9090.")
    private Optional<Integer> metricsPort = Optional.empty();

    @Option(
            names = "--secure-serving",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "BOOL",
            description = "TLS for Envoy; without --cert-path by a certificate made at the start. Default: true.")
    private Optional<Boolean> secure = Optional.empty();

    @Option(
            names = "--cert-path",
            paramLabel = "DIR",
            description = "Where tls.crt and tls.key are; renewed ones are taken over.")
    private Optional<Path> certPath = Optional.empty();

    @Option(
            names = "--grpc-max-recv-msg-size",
            paramLabel = "SIZE",
            converter = SizeText.class,
            description = "Largest message, such as 4MiB or 25M. Default: 4MiB.")
    private Optional<Size> message = Optional.empty();

    @Option(
            names = "--drain-timeout",
            paramLabel = "DURATION",
            converter = GoDuration.class,
            description = "How long a stop keeps taking requests, such as 30s. Default: 30s.")
    private Optional<Duration> drain = Optional.empty();

    @Option(
            names = "--disable-endpoint-subset-filter",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "BOOL",
            description = "Envoy's hint of allowed endpoints does not count.")
    private Optional<Boolean> noSubset = Optional.empty();

    private Optional<ServerConfig.Tls> made = Optional.empty();

    /** The configuration with these flags. */
    GatewayConfig applied(GatewayConfig config) {
        ServerConfig server = config.server();
        Optional<ServerConfig.ExtProc> said = server.extProc();
        ServerConfig.ExtProc extProc = new ServerConfig.ExtProc(
                said.map(ServerConfig.ExtProc::host).orElse("0.0.0.0"),
                port.or(() -> said.map(ServerConfig.ExtProc::port)).orElse(PORT),
                tls(said),
                message.or(() -> said.map(ServerConfig.ExtProc::message)).orElse(MESSAGE),
                said.map(ServerConfig.ExtProc::usage).orElse(true),
                noSubset.map(no -> !no)
                        .or(() -> said.map(ServerConfig.ExtProc::subsetHint))
                        .orElse(true),
                healthPort
                        .map(OptionalInt::of)
                        .or(() -> said.map(ServerConfig.ExtProc::healthPort).filter(OptionalInt::isPresent))
                        .orElse(OptionalInt.of(HEALTH_PORT)));
        ServerConfig.Metrics metrics = metricsPort
                .map(n -> new ServerConfig.Metrics("0.0.0.0", n))
                .or(server::metrics)
                .orElse(new ServerConfig.Metrics("0.0.0.0", METRICS_PORT));
        ServerConfig.Drain stop = drain.map(
                        wait -> new ServerConfig.Drain(wait, server.drain().streams()))
                .orElse(
                        server.drain().equals(ServerConfig.Drain.USUAL)
                                ? new ServerConfig.Drain(DRAIN, server.drain().streams())
                                : server.drain());
        return config.withServer(server.asPicker(extProc, metrics, stop));
    }

    private Optional<ServerConfig.Tls> tls(Optional<ServerConfig.ExtProc> said) {
        if (certPath.isPresent() && secure.orElse(true)) {
            return Optional.of(new ServerConfig.Tls(
                    pem(certPath.get().resolve("tls.crt")), pem(certPath.get().resolve("tls.key")), Optional.empty()));
        }
        if (secure.isEmpty() && said.isPresent()) {
            return said.get().tls();
        }
        if (!secure.orElse(true)) {
            return Optional.empty();
        }
        if (made.isEmpty()) {
            made = Optional.of(SelfSigned.make());
        }
        return made;
    }

    private static Pem pem(Path file) {
        try {
            return new Pem(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException("--cert-path: can't read " + file, e);
        }
    }

    /** {@code 10MiB}, {@code 25MB}, {@code 4M}, {@code 1048576}: as Kubernetes writes quantities. */
    static final class SizeText implements ITypeConverter<Size> {
        private static final Pattern FORM = Pattern.compile("([0-9]+)([KMG]?)(i?)B?");

        @Override
        public Size convert(@Nullable String text) {
            Matcher matcher = FORM.matcher(text == null ? "" : text.strip());
            if (!matcher.matches()) {
                throw new TypeConversionException("'" + text + "' is no size");
            }
            long unit = matcher.group(3).isEmpty() ? 1000 : 1024;
            long factor = switch (matcher.group(2)) {
                case "K" -> unit;
                case "M" -> unit * unit;
                case "G" -> unit * unit * unit;
                default -> 1;
            };
            long bytes = Long.parseLong(matcher.group(1)) * factor;
            if (bytes < 65_536 || bytes > 1 << 30) {
                throw new TypeConversionException("'" + text + "' is not between 64KiB and 1GiB");
            }
            return new Size(bytes);
        }
    }

    /** {@code 1m30s}, {@code 500ms}: as Go writes durations. */
    static final class GoDuration implements ITypeConverter<Duration> {
        private static final Pattern PART = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)(ms|h|m|s)");

        @Override
        public Duration convert(@Nullable String text) {
            String rest = text == null ? "" : text.strip().toLowerCase(Locale.ROOT);
            Duration sum = Duration.ZERO;
            Matcher part = PART.matcher(rest);
            int end = 0;
            while (end < rest.length() && part.find(end) && part.start() == end) {
                double seconds = Double.parseDouble(part.group(1))
                        * switch (part.group(2)) {
                            case "h" -> 3600;
                            case "m" -> 60;
                            case "ms" -> 1e-3;
                            default -> 1;
                        };
                sum = sum.plusMillis(Math.round(seconds * 1e3));
                end = part.end();
            }
            if (end == 0 || end != rest.length()) {
                throw new TypeConversionException("'" + text + "' is no duration");
            }
            return sum;
        }
    }
}
