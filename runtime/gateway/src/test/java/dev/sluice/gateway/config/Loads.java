package dev.sluice.gateway.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Loads texts as files. */
final class Loads {
    static final String MINIMAL = """
            pools:
              - name: chat
                models: [m]
                endpoints: [{url: "http://127.0.0.1:9001"}]
            """;

    private Loads() {}

    static Loaded load(Path directory, String text) {
        return load(directory, text, Overrides.NONE);
    }

    static Loaded load(Path directory, String text, Overrides overrides) {
        Map<String, String> environment = Map.of("TOKEN", "from-env", "EMPTY", "");
        return new ConfigLoader(name -> Optional.ofNullable(environment.get(name)))
                .load(write(directory, "gateway.yaml", text), SamplePlugin.catalog(), overrides);
    }

    static GatewayConfig good(Path directory, String text) {
        Loaded loaded = load(directory, text);
        return loaded.config().orElseThrow(() -> new AssertionError(loaded.errors()));
    }

    static Path write(Path directory, String name, String text) {
        try {
            return Files.writeString(directory.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
