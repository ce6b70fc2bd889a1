package dev.sluice.gateway.config;

import dev.sluice.spi.ConfigException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What an {@code EndpointPickerConfig} says of its engines: by plugins in llm-d, by settings of a pool here. */
final class PickerPool {
    private final PickerRows rows;
    private final Instances instances;
    private final Reading at;

    PickerPool(PickerRows rows, Instances instances, Reading at) {
        this.rows = rows;
        this.instances = instances;
        this.at = at;
    }

    /** The file of the discovery plugin that the data layer names. */
    Optional<Path> endpoints() {
        return rows.dataLayer()
                .or(rows::data)
                .flatMap(PickerRows.DataLayer::discovery)
                .flatMap(discovery -> Optional.ofNullable(instances.served().get(discovery.named())))
                .map(Instances.Served::parameters)
                .filter(parameters -> parameters instanceof LlmdParameters.FileDiscovery)
                .map(parameters -> ((LlmdParameters.FileDiscovery) parameters).path());
    }

    /** Where metrics are, when that is not where they usually are. */
    Optional<PoolConfig.MetricsPage> metrics() {
        return source().map(source -> new PoolConfig.MetricsPage(source.path(), source.port()))
                .filter(page -> !page.path().equals("/metrics") || page.port().isPresent());
    }

    /** The engines are https when their metrics are: both are answered by the same server. */
    Optional<PoolConfig.Tls> tls() {
        return source().filter(source -> source.scheme().equals("https")).flatMap(this::tls);
    }

    /** The file with the CA of https engines. */
    Optional<Path> ca() {
        return source().filter(source -> source.scheme().equals("https"))
                .flatMap(LlmdParameters.MetricsSource::caCertPath);
    }

    private Optional<PoolConfig.Tls> tls(LlmdParameters.MetricsSource source) {
        if (source.caCertPath().isEmpty()) {
            return Optional.of(new PoolConfig.Tls(Optional.empty()));
        }
        Reading parameters = served().orElseThrow().at().key("parameters").key("caCertPath");
        Position place = at.problems().position(at.file().toString(), parameters.path());
        Node named = new Node.Scalar(place, source.caCertPath().get().toString(), Node.Kind.TEXT);
        return parameters.content(source.caCertPath().get(), named).flatMap(pem -> {
            try {
                return Optional.of(new PoolConfig.Tls(Optional.of(new Pem(pem))));
            } catch (ConfigException wrong) {
                return parameters.error(named, String.valueOf(wrong.getMessage()));
            }
        });
    }

    private Optional<LlmdParameters.MetricsSource> source() {
        List<LlmdParameters.MetricsSource> all = instances.parameters(LlmdParameters.MetricsSource.class);
        if (all.size() > 1) {
            Reading second = served().orElseThrow().at();
            second.problems()
                    .errorAt(at.file().toString(), second.path(), "there is another metrics-data-source: one is read");
        }
        return all.stream().findFirst();
    }

    /** The last of the metrics sources. */
    private Optional<Instances.Served> served() {
        return instances.served().values().stream()
                .filter(entry -> entry.parameters() instanceof LlmdParameters.MetricsSource)
                .reduce((a, b) -> b);
    }
}
