package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DoctorTest {
    @TempDir
    Path directory;

    private String config(String model, int port, String more) throws IOException {
        return Files.writeString(directory.resolve("gateway.yaml"), """
                        pools:
                          - name: p
                            models: [%s]
                            %s
                            endpoints: [{url: "http://127.0.0.1:%d"}]
                        """.formatted(model, more, port))
                .toString();
    }

    private static String served(DemoFleet fleet) throws Exception {
        return new com.fasterxml.jackson.databind.ObjectMapper()
                .readTree(java.net
                        .URI
                        .create("http://127.0.0.1:" + fleet.ports().getFirst() + "/v1/models")
                        .toURL()
                        .openStream())
                .path("data")
                .path(0)
                .path("id")
                .asText();
    }

    @Test
    void anEngineThatIsWellGetsALineThatSaysSo() throws Exception {
        try (DemoFleet fleet = DemoFleet.start(1, 1)) {
            String model = served(fleet);
            Ran ran = Ran.of("doctor", "--config", config(model, fleet.ports().getFirst(), ""));
            assertThat(ran.code()).as(ran.out() + ran.err()).isZero();
            assertThat(ran.out())
                    .contains("ok   p/127.0.0.1:" + fleet.ports().getFirst())
                    .contains("serves " + model);
            assertThat(ran.out()).contains("an answer may take 3600 s");
        }
    }

    @Test
    void anotherModelAndOtherBlocksAreNamedWithTheirFix() throws Exception {
        try (DemoFleet fleet = DemoFleet.start(1, 1)) {
            Ran ran =
                    Ran.of("doctor", "--config", config("absent", fleet.ports().getFirst(), "blockSize: 7"));
            assertThat(ran.code()).isEqualTo(1);
            assertThat(ran.out()).contains("fail p/", "not absent; make the first of pools[].models");
            assertThat(ran.out()).contains("pools[].blockSize says 7; leave blockSize out");
        }
    }

    @Test
    void anEngineThatIsNotThereFails() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        Ran ran = Ran.of("doctor", "--json", "--config", config("m", port, ""));
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.out()).contains("\"level\":\"fail\"", "does not answer at http://127.0.0.1:" + port);
    }

    @Test
    void theSmallestTimeLimitOnTheWayIsTheOneThatCounts() throws Exception {
        var pool = new dev.sluice.gateway.config.ConfigLoader()
                .load(
                        Path.of(config("m", 1, "timeouts: {total: 20m}")),
                        dev.sluice.gateway.config.Catalog.onClassPath())
                .config()
                .orElseThrow()
                .pools()
                .getFirst();
        var short_ = new Endpoint("a", "a:1", Role.BOTH, Map.of(TimeLimits.LABEL, "600"));
        var long_ = new Endpoint("b", "b:1", Role.BOTH, Map.of(TimeLimits.LABEL, "3000"));
        assertThat(TimeLimits.smallest(pool, java.util.List.of(short_, long_)).text())
                .contains("may take 600 s", "raise timeoutSeconds");
        assertThat(TimeLimits.smallest(pool, java.util.List.of(long_)).text()).contains("may take 1200 s");
    }
}
