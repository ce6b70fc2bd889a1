package dev.sluice.app;

import dev.sluice.gateway.config.Discovery;
import dev.sluice.spi.ConfigException;
import java.util.Optional;
import picocli.CommandLine.Option;

/** llm-d's flags that say where the engines are found in Kubernetes. */
final class EppPool {
    private static final String GROUP = "inference.networking.k8s.io";

    @Option(names = "--pool-name", paramLabel = "NAME", description = "The InferencePool whose pods are picked.")
    private Optional<String> name = Optional.empty();

    @Option(
            names = "--pool-namespace",
            paramLabel = "NAME",
            description = "Its namespace. Default: the environment's NAMESPACE, else default.")
    private Optional<String> namespace = Optional.empty();

    @Option(
            names = "--pool-group",
            paramLabel = "GROUP",
            description = "Its API group; inference.networking.k8s.io is the only one that is read.")
    private Optional<String> group = Optional.empty();

    @Option(
            names = "--endpoint-selector",
            paramLabel = "LABELS",
            description = "Labels of the pods, in place of an InferencePool.")
    private Optional<String> selector = Optional.empty();

    @Option(
            names = "--endpoint-target-ports",
            paramLabel = "N",
            description = "Where their engines listen; with --endpoint-selector.")
    private Optional<Integer> port = Optional.empty();

    /** Where the endpoints are looked for; empty when no flag says so. */
    Optional<Discovery> discovery() {
        if (name.isPresent()) {
            return Optional.of(Discovery.ofPool(namespace(), name.get()));
        }
        return selector.map(labels -> Discovery.ofPods(namespace(), labels, port.orElse(8000)));
    }

    /** What is wrong with these flags. */
    Optional<String> wrong() {
        if (name.isPresent() && selector.isPresent()) {
            return Optional.of("one of --pool-name and --endpoint-selector is too many");
        }
        if (group.isPresent() && !group.get().equals(GROUP)) {
            return Optional.of(
                    "--pool-group " + group.get() + " is not supported: InferencePools of " + GROUP + " are read");
        }
        try {
            return discovery().flatMap(fine -> Optional.empty());
        } catch (ConfigException bad) {
            return Optional.of(String.valueOf(bad.getMessage()));
        }
    }

    private String namespace() {
        return namespace
                .filter(text -> !text.isBlank())
                .or(() -> Optional.ofNullable(System.getenv("NAMESPACE")).filter(text -> !text.isBlank()))
                .orElse("default");
    }
}
