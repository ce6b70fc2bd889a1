package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigPageTest {
    @ParameterizedTest
    @CsvSource({"markdown, configuration.md", "types, llm-d-types.md"})
    void thePageInDocsIsWhatTheCodeSays(String format, String name) throws IOException {
        Path page = Path.of("..", "..", "docs", name);

        assertThat(Ran.of("schema", "--format", format).out())
                .as("docs/%s is stale: ./sluice schema --format %s > docs/%s", name, format, name)
                .isEqualTo(Files.exists(page) ? Files.readString(page) : "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"laptop", "fleet", "disaggregation"})
    void theExamplesAreGood(String name) {
        Path example = Path.of("..", "..", "examples", name, "gateway.yaml");

        assertThat(Ran.of("check", "--config", example.toString()).code()).isZero();
    }
}
