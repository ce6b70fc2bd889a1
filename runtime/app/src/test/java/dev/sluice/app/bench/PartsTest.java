package dev.sluice.app.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Loaded;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartsTest {
    @TempDir
    Path directory;

    @Test
    void bodiesAreTheSameOnEveryCallAndHaveTheirSize() throws IOException {
        String body = Bodies.KB_8.body(3);
        String again = Bodies.KB_8.body(3);
        assertThat(again).isEqualTo(body).isNotEqualTo(Bodies.KB_8.body(4));
        assertThat(Bodies.KB_8.body(0).getBytes(StandardCharsets.UTF_8)).hasSizeBetween(8192, 8500);
        assertThat(Bodies.KB_400.body(0).getBytes(StandardCharsets.UTF_8)).hasSizeBetween(400_000, 405_000);
        assertThat(Bodies.KB_8.write(directory)).isDirectoryContaining("glob:**/body063.json");
    }

    @Test
    void aBodyIsAChatWithOnePlaceForANumber() throws IOException {
        String body = Bodies.KB_8_STREAMS.body(0);
        JsonNode json = new ObjectMapper().readTree(body);

        assertThat(json.at("/messages/0/role").asText()).isEqualTo("system");
        assertThat(json.at("/messages/1/content").asText()).startsWith("request " + Bodies.MARK + " ");
        assertThat(json.at("/stream_options/include_usage").asBoolean()).isTrue();
        assertThat(body.substring(0, 2000)).contains("\"stream\":true", "\"include_usage\":true");
        assertThat(body.split(Bodies.MARK, -1)).hasSize(2);
    }

    @Test
    void theProxiesConfigurationsNameTheirPortAndAllBackends() {
        assertThat(Configs.haproxy(81, List.of(91, 92), 0))
                .contains("bind 127.0.0.1:81", "server s0 127.0.0.1:91", "server s1 127.0.0.1:92")
                .contains("option http-no-delay", "nbthread 1")
                .doesNotContain("bufsize");
        assertThat(Configs.haproxy(81, List.of(91), 65_536)).contains("  tune.bufsize 65536\ndefaults\n");
        assertThat(Configs.nginx(81, List.of(91, 92), directory))
                .contains(
                        "listen 127.0.0.1:81;", "server 127.0.0.1:91;", "server 127.0.0.1:92;", "proxy_buffering off;");
    }

    @Test
    void sluicesConfigurationIsAGoodOne() throws IOException {
        Path file = Files.writeString(directory.resolve("sluice.yaml"), Configs.sluice(81, 82, List.of(91, 92)));

        Loaded loaded = new ConfigLoader().load(file, Catalog.onClassPath());

        assertThat(loaded.errors()).isEmpty();
        assertThat(loaded.config().orElseThrow().pools().getFirst().endpoints()).hasSize(2);
    }

    @Test
    void coresAreSplitIntoOneForTheGatewayAndTheRest() throws IOException {
        assertThat(Cores.of("0-1")).isEqualTo(new Cores("0", "1"));
        assertThat(Cores.of("2-4,9")).isEqualTo(new Cores("2", "3,4,9"));
        assertThatThrownBy(() -> Cores.of("5")).hasMessageStartingWith("needs two cores");
    }

    @Test
    void aLoadIsToldToTheGenerator() {
        assertThat(Load.open(Bodies.KB_8, 256, 400).arguments(0.5, 3))
                .containsExactly("-c", "256", "-r", "400.00", "-n", "0", "-w", "0.50", "-d", "3.00");
        assertThat(Load.once(Bodies.KB_8, 10).arguments(0, 60)).contains("-n", "10");
    }

    @Test
    void theGeneratorsLineIsRead() throws IOException {
        Sample sample = Sample.parse("""
                {"good":100,"bad":2,"cut":3,"errors":5,"unfinished":7,"seconds":2,"perSecond":10.5,"p50":0.5,"p99":2.5,"gapP50":10,"gapP99":12,"events":200,\
                "cpu":{"load":1.0,"gateway":0.011},"rssKb":{"gateway":2048}}""");

        assertThat(sample).isEqualTo(new Sample(100, 10, 7, 10.5, 0.5, 2.5, 100, 10, 12, 200, 0.011, 2048));
        assertThat(sample.cpuPerRequest()).isEqualTo(100);
        assertThat(sample.cpuPerEvent()).isEqualTo(55);
        assertThatThrownBy(() -> Sample.parse("connect: refused"))
                .hasMessage("the load generator said: connect: refused");
    }

    @Test
    void whatAProcessUsesIsReadFromProc() {
        String stat = "42 (a (b) c) S 1 42 42 0 -1 4194304 1 2 3 4 150 50 7 8 20 0 33 0 5 6 7";

        assertThat(ProcessUse.parse(stat, "Name:\tx\nVmRSS:\t   1234 kB\n")).isEqualTo(new ProcessUse(2, 1234));
    }
}
