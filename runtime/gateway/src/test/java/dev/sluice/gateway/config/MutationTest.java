package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MutationTest {
    private static final String GOOD = """
            apiVersion: sluice.dev/v1
            kind: Gateway
            server:
              port: 8080
              admin: {host: 127.0.0.1, port: 9190, token: {env: TOKEN}}
              limits: {body: 64MiB, headers: 32KiB, connections: 20000, headerTime: 10s, bodyIdle: 30s}
              session: [header:x-session-id, body:metadata.session_id]
            pools:
              - name: chat
                models: [acme/chat-8b, chat]
                adapters: discover
                timeouts: {connect: 1s, firstByte: 120s}
                endpoints: &e
                  - {url: "http://127.0.0.1:9001", role: both, labels: {zone: a}}
                  - {name: e2, address: 10.0.0.1, port: 8000}
                routing: mine
            routing:
              mine:
                plugins:
                  - {type: sample-scorer, name: s, parameters: {count: 5, share: 0.25, weights: {a: 1}}}
                schedulingProfiles: [{name: default, plugins: [{pluginRef: s, weight: 2}]}]
            """;

    private static final List<String> PIECES = List.of(
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "'",
            "\n",
            "  ",
            "- ",
            "&a ",
            "*a",
            "*e",
            "!!int ",
            "|\n",
            "? ",
            "# ",
            "null",
            "-1",
            "1e999",
            ".nan",
            "\u0000",
            "\ud800",
            "\t",
            "---\n",
            "%YAML 1.3\n",
            "9".repeat(40),
            "<<: *e\n");

    @TempDir
    Path directory;

    @Test
    void theUnmutatedFileIsGood() {
        assertThat(Loads.load(directory, GOOD).errors()).isEmpty();
    }

    @Test
    void noMutationEverDoesMoreThanBeReported() {
        for (int seed = 0; seed < 600; seed++) {
            String mutated = mutate(new SplittableRandom(seed));
            Problems problems = new Problems(name -> Optional.of("x"));
            Path file = directory.resolve("gateway.yaml");
            Loaded loaded;
            try {
                loaded = Loads.load(directory, mutated.replace('\ud800', '\ufffe'));
                Yaml.read(file.toString(), mutated, problems);
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + " made of the file:\n" + mutated, e);
            }
            assertThat(loaded.config().isPresent())
                    .as("seed %d", seed)
                    .isEqualTo(loaded.errors().isEmpty());
            assertThat(loaded.errors()).allSatisfy(error -> {
                assertThat(error.line()).isPositive();
                assertThat(error.column()).isPositive();
                assertThat(error.message()).isNotBlank();
            });
        }
    }

    private static String mutate(SplittableRandom random) {
        StringBuilder text = new StringBuilder(GOOD);
        int times = random.nextInt(1, 5);
        for (int i = 0; i < times; i++) {
            int from = random.nextInt(text.length());
            int to = Math.min(text.length(), from + random.nextInt(12));
            switch (random.nextInt(4)) {
                case 0 -> text.delete(from, to);
                case 1 -> text.insert(from, PIECES.get(random.nextInt(PIECES.size())));
                case 2 -> text.replace(from, to, PIECES.get(random.nextInt(PIECES.size())));
                default -> text.insert(random.nextInt(text.length()), text.substring(from, to));
            }
        }
        return text.toString();
    }
}
