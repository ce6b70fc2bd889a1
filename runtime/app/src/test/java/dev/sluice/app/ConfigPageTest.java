package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConfigPageTest {
    @Test
    void thePageInDocsIsWhatTheRecordsSay() throws IOException {
        Path page = Path.of("..", "..", "docs", "configuration.md");

        assertThat(Ran.of("schema", "--format", "markdown").out())
                .as("docs/configuration.md is stale: ./sluice schema --format markdown > docs/configuration.md")
                .isEqualTo(Files.exists(page) ? Files.readString(page) : "");
    }

    @Test
    void theExampleIsGood() {
        Path example = Path.of("..", "..", "examples", "laptop", "gateway.yaml");

        assertThat(Ran.of("check", "--config", example.toString()).code()).isZero();
    }
}
