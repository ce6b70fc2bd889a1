package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BadConfigsTest {
    record Bad(String title, String yaml, List<String> errors) {
        @Override
        public String toString() {
            return title;
        }
    }

    @TempDir
    Path directory;

    @ParameterizedTest(name = "{0}")
    @MethodSource("table")
    void allErrorsOfABadFileAreReportedWithTheirPlaces(Bad bad) {
        Loaded loaded = Loads.load(directory, bad.yaml);

        assertThat(loaded.errors().stream().map(this::shortened)).containsExactlyInAnyOrderElementsOf(bad.errors);
        assertThat(loaded.config()).isEmpty();
    }

    @Test
    void theTableIsNotSmall() throws IOException {
        assertThat(table()).hasSizeGreaterThan(60);
    }

    private String shortened(ConfigError error) {
        return error.toString()
                .replace(directory.resolve("gateway.yaml") + ":", "")
                .replace(directory + "/", "DIR/");
    }

    static Stream<Bad> table() throws IOException {
        try (InputStream in = Objects.requireNonNull(BadConfigsTest.class.getResourceAsStream("bad-configs.txt"))) {
            List<Bad> table = new ArrayList<>();
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            for (String block : text.split("(?m)^--- ")) {
                if (block.startsWith("#")) {
                    continue;
                }
                int title = block.indexOf('\n');
                List<String> errors = new ArrayList<>();
                StringBuilder yaml = new StringBuilder();
                for (String line : block.substring(title + 1).split("\n")) {
                    if (line.startsWith("=> ")) {
                        errors.add(line.substring(3));
                    } else {
                        yaml.append(line.equals("@pool") ? Loads.MINIMAL : line + "\n");
                    }
                }
                table.add(new Bad(block.substring(0, title), yaml.toString(), errors));
            }
            return table.stream();
        }
    }
}
