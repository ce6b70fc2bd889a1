package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndpointsFileTest {
    @TempDir
    Path directory;

    @Test
    void bothKindsOfRowsAreRead() {
        EndpointsFile.Read read = EndpointsFile.read(Loads.write(directory, "endpoints.yaml", """
                endpoints:
                  - {url: "http://10.0.0.1:8000", role: prefill}
                  - name: decode-0
                    namespace: models
                    address: 10.0.0.2
                    port: 8000
                    labels: {llm-d.ai/role: decode, zone: a}
                """));

        assertThat(read.errors()).isEmpty();
        assertThat(read.endpoints())
                .containsExactly(
                        new Endpoint("10.0.0.1:8000", "10.0.0.1:8000", Role.PREFILL, Map.of(Role.LABEL, "prefill")),
                        new Endpoint(
                                "models/decode-0",
                                "10.0.0.2:8000",
                                Role.DECODE,
                                Map.of(Role.LABEL, "decode", "zone", "a")));
    }

    @Test
    void aFileWithAnErrorYieldsNoEndpointAtAll() {
        Path file = Loads.write(directory, "endpoints.yaml", """
                endpoints:
                  - {url: "http://10.0.0.1:8000"}
                  - {address: 10.0.0.1, port: 8000}
                """);

        EndpointsFile.Read read = EndpointsFile.read(file);

        assertThat(read.good()).isFalse();
        assertThat(read.endpoints()).isEmpty();
        assertThat(read.errors())
                .extracting(ConfigError::toString)
                .containsExactly(file + ":3:5: endpoints[1]: 10.0.0.1:8000 stands twice in this file");
    }

    @Test
    void aFileThatIsMissingIsAnErrorAndAnEmptyListIsNone() {
        assertThat(EndpointsFile.read(directory.resolve("gone")).errors())
                .extracting(ConfigError::message)
                .containsExactly("there is no file " + directory.resolve("gone"));
        assertThat(EndpointsFile.read(Loads.write(directory, "e.yaml", "endpoints: []\n"))
                        .good())
                .isTrue();
    }
}
