package dev.sluice.gateway.config;

import dev.sluice.spi.Doc;
import dev.sluice.spi.Endpoint;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Files that list endpoints: key {@code endpoints:}, rows as in a pool or as llm-d writes them. */
public final class EndpointsFile {
    private EndpointsFile() {}

    /**
     * What came of reading one.
     *
     * @param rows empty when there are errors, or when the file lists none
     */
    public record Read(List<EndpointConfig> rows, List<ConfigError> errors) {
        /** The rows' endpoints. */
        public List<Endpoint> endpoints() {
            return rows.stream().map(EndpointConfig::endpoint).toList();
        }

        /** True when the endpoints count. */
        public boolean good() {
            return errors.isEmpty();
        }
    }

    record Rows(@Doc("The engines; may be empty.") List<EndpointConfig> endpoints) {}

    /** Reads a file. */
    public static Read read(Path file) {
        Problems problems = new Problems(name -> Optional.empty());
        Node whole = new Node.Scalar(Position.start(file.toString()), "", Node.Kind.TEXT);
        List<EndpointConfig> rows = rows(file, whole, new Reading("", file, problems));
        return new Read(problems.none() ? rows : List.of(), problems.errors());
    }

    /** Reports to a load what is wrong with a file that the configuration names. */
    static void check(Path file, Reading discovery) {
        Reading at = discovery.key("file");
        Position position = at.problems().position(at.file().toString(), at.path());
        rows(file, new Node.Scalar(position, file.toString(), Node.Kind.TEXT), at.in(file));
    }

    private static List<EndpointConfig> rows(Path file, Node named, Reading at) {
        Optional<Rows> rows = at.content(file, named)
                .flatMap(text -> Yaml.read(file.toString(), text, at.problems()))
                .flatMap(root -> Header.stripped(root, "Endpoints", Header.OWN_VERSIONS, at))
                .flatMap(root -> new Binder(ConfigLoader.codecs(Catalog.of(List.of()))).bind(Rows.class, root, at));
        Set<String> seen = new HashSet<>();
        List<EndpointConfig> list = rows.map(Rows::endpoints).orElse(List.of());
        for (int i = 0; i < list.size(); i++) {
            Endpoint endpoint = list.get(i).endpoint();
            boolean address = seen.add("address " + endpoint.address());
            boolean id = seen.add("id " + endpoint.id());
            if (!address || !id) {
                String path = at.key("endpoints").item(i).path();
                at.problems()
                        .errorAt(
                                file.toString(),
                                path,
                                (address ? endpoint.id() : endpoint.address()) + " stands twice in this file");
            }
        }
        return list;
    }
}
