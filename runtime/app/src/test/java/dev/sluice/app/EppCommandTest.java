package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class EppCommandTest {
    @TempDir
    Path directory;

    private static String gateway(DemoFleet fleet) {
        return "{server: {admin: {port: 0}}, pools: [{name: p, models: [served], endpoints: [{url: \"http://127.0.0.1:"
                + fleet.ports().getFirst() + "\"}]}]}";
    }

    @Test
    void flagsThatCanNotBeFollowedAreRefusedByNameAndUnknownOnesWarnedAbout() {
        Ran ran = Ran.of(
                "epp",
                "--config-text",
                "pools: []",
                "--metrics-cert-dir",
                "/certs",
                "--lora-info-metric=x",
                "--zap-encoder",
                "json",
                "--ha-enable-leader-election=false",
                "--brand-new=7",
                "-v=4",
                "--tracing=false");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err())
                .contains("--metrics-cert-dir TLS on the metrics listener", "not supported yet")
                .contains("--lora-info-metric x names no metric of vLLM's")
                .contains("warning: --brand-new is not known", "warning: --tracing has no effect", "SLUICE_LOG")
                .doesNotContain("leader-election is not", "/certs is");
    }

    @Test
    void aPoolIsNamedByOneFlagAndInAGroupThatIsRead() {
        assertThat(Ran.of("epp", "--pool-name", "chat", "--endpoint-selector", "app=x")
                        .err())
                .contains("one of --pool-name and --endpoint-selector is too many");
        assertThat(Ran.of("epp", "--pool-name", "chat", "--pool-group", "inference.networking.x-k8s.io")
                        .err())
                .contains("--pool-group inference.networking.x-k8s.io is not supported");
        assertThat(Ran.of("epp", "--pool-name", "Not A Name").err()).contains("must be a Kubernetes name");
    }

    /** What KServe 0.17 to 0.20 put into a scheduler's container, and what an upgrade keeps of older ones. */
    @Test
    void whatKserveSetsIsTaken() {
        Ran ran = Ran.of(
                "epp",
                "/app/epp",
                "--zap-encoder",
                "json",
                "--kv-cache-usage-percentage-metric",
                "vllm:kv_cache_usage_perc",
                "--total-queued-requests-metric=vllm:num_requests_waiting",
                "--model-server-metrics-scheme=https",
                "--ha-enable-leader-election",
                "",
                "-configText",
                "pools: []",
                "--tracing=true",
                "--otlp-traces-endpoint",
                "http://collector:4317",
                "--collect-detailed-traces",
                "all");
        assertThat(ran.err())
                .contains("--config-text:1:8: pools: must be at least 1 entries")
                .contains("--kv-cache-usage-percentage-metric has no effect: it is what is read anyway")
                .doesNotContain("names no metric", "one of --config-file", "Unknown option");
    }

    @Test
    void flagsAreSpelledAsGoSpellsThem() {
        assertThat(EppFlags.spelled(
                        "epp",
                        "-poolName",
                        "Chat",
                        "--configFile=/etc/My.yaml",
                        "-v=4",
                        "-h",
                        "--config-text",
                        "-x: {aB: 1}"))
                .containsExactly(
                        "epp",
                        "--pool-name",
                        "Chat",
                        "--config-file=/etc/My.yaml",
                        "-v=4",
                        "-h",
                        "--config-text",
                        "-x: {aB: 1}");
    }

    @Test
    void aConfigurationMustBeNamedOnce() {
        assertThat(Ran.of("epp").code()).isEqualTo(2);
        assertThat(Ran.of("epp", "--config-text", "a", "--config-file", "b").err())
                .contains("one of --config-file");
    }

    @Test
    void sizesAndDurationsAreReadAsLlmdReadsThem() {
        EppServer.SizeText size = new EppServer.SizeText();
        assertThat(size.convert("10MiB").bytes()).isEqualTo(10 << 20);
        assertThat(size.convert("25MB").bytes()).isEqualTo(25_000_000);
        assertThat(size.convert("4194304").bytes()).isEqualTo(4 << 20);
        EppServer.GoDuration duration = new EppServer.GoDuration();
        assertThat(duration.convert("1m30s")).isEqualTo(Duration.ofSeconds(90));
        assertThat(duration.convert("500ms")).isEqualTo(Duration.ofMillis(500));
        assertThat(Ran.of("epp", "--config-text", "a", "--drain-timeout", "soon")
                        .err())
                .contains("is no duration");
    }

    @Test
    void aPickerRunsUntilSigtermWithACertificateOfItsOwn() throws Exception {
        try (DemoFleet fleet = DemoFleet.start(1, 1)) {
            Process process = process(
                    "epp",
                    "--config-text",
                    gateway(fleet),
                    "--grpc-port=0",
                    "--grpc-health-port=0",
                    "--metrics-port=0",
                    "--drain-timeout=0s",
                    "--secure-serving",
                    "--v=5");
            try (var log = process.errorReader()) {
                String line;
                do {
                    line = log.readLine();
                    assertThat(line).isNotNull();
                } while (!line.contains("picking on port"));
                process.destroy();
                assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
                assertThat(process.exitValue()).isZero();
            } finally {
                process.destroyForcibly();
            }
        }
    }

    @Test
    void aCertificateOfItsOwnFitsItsKey() throws IOException {
        var tls = SelfSigned.make(); // the record itself checks that they belong together
        assertThat(tls.cert().certificates()).hasSize(1);
        Files.writeString(directory.resolve("tls.crt"), tls.cert().text());
        assertThat(directory.resolve("tls.crt")).isNotEmptyFile();
    }

    private static Process process(String... arguments) throws IOException {
        List<String> command = new java.util.ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.sluice.app.Main"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).start();
    }
}
