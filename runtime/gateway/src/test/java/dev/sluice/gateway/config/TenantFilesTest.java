package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TenantFilesTest {
    private static final String GATEWAY = """
        pools:
          - name: chat
            models: [base, alias]
            adapters: none
            endpoints: [{url: "http://127.0.0.1:9001", labels: {zone: a}}]
          - name: next
            models: [base-next]
            adapters: [lora]
            endpoints: [{url: "http://127.0.0.1:9002"}]
        routing:
          careful: {plugins: [{type: queue-scorer}]}
        tenants: {directory: tenants}
        """;
    private static final String HASH = "1".repeat(64);

    @TempDir
    Path directory;

    private TenantFile read(String text) {
        return TenantFile.read(
                directory.resolve("t.yaml"), text, Loads.good(directory, GATEWAY), SamplePlugin.catalog());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("table")
    void allErrorsOfABadFileAreReportedWithTheirPlaces(Bad bad) {
        TenantFile file = read(bad.yaml());
        assertThat(file.errors().stream().map(e -> e.toString().replace(directory.resolve("t.yaml") + ":", "")))
                .containsExactlyInAnyOrderElementsOf(bad.errors());
        assertThat(file.config()).isEmpty();
    }

    static Stream<Bad> table() throws IOException {
        return Bad.table("bad-tenants.txt");
    }

    @Test
    void everyKeyTakesAValue() {
        TenantConfig tenant = read("""
            apiVersion: sluice.dev/v1
            kind: Tenant
            tenant: acme
            keys: [{id: ci-2026, sha256: "%s", expires: 2127-01-01}]
            routes:
              - models: [chat]
                targets: [{pool: chat, weight: 95}, {pool: next, weight: 5}]
                fallback: [lora]
                routing: careful
                labels: {}
                progress: 10s
            priority: 10
            quota: {requestsPerMinute: 600, tokensPerMinute: 200000, concurrent: 64, models: {chat: {concurrent: 2}}}
            objectives: {ttft: 1s, tpot: 50ms}
            may: [objectives, priority]
            cache: {group: friends, epoch: 3}
            """.formatted(HASH)).config().orElseThrow();
        assertThat(tenant.keys().getFirst().expires()).contains(java.time.Instant.parse("2127-01-01T00:00:00Z"));
        assertThat(tenant.routes().getFirst())
                .isEqualTo(new TenantConfig.Route(
                        List.of("chat"),
                        java.util.Optional.empty(),
                        List.of(new TenantConfig.Target("chat", 95), new TenantConfig.Target("next", 5)),
                        List.of("lora"),
                        java.util.Optional.of("careful"),
                        Map.of(),
                        java.util.Optional.of(java.time.Duration.ofSeconds(10))));
        assertThat(tenant.quota())
                .isEqualTo(
                        new TenantConfig.Quota(600, 200_000, 64, Map.of("chat", new TenantConfig.ModelQuota(0, 0, 2))));
        assertThat(tenant.may())
                .isEqualTo(Set.of(TenantConfig.Permission.OBJECTIVES, TenantConfig.Permission.PRIORITY));
        assertThat(tenant.cache()).isEqualTo(new TenantConfig.Cache(java.util.Optional.of("friends"), 3));
    }

    @Test
    void leftOutMeansNoLimitNoPriorityAndEveryModel() {
        TenantConfig tenant = read("tenant: acme\n").config().orElseThrow();
        assertThat(tenant.routes()).isEmpty();
        assertThat(tenant.priority()).isZero();
        assertThat(tenant.quota()).isEqualTo(new TenantConfig.Quota(0, 0, 0, Map.of()));
        assertThat(tenant.may()).isEmpty();
    }

    @Test
    void aBrokenFileStillSaysWhoseKeysItHolds() {
        TenantFile file = read("tenant: acme\nkeys: [{id: a, sha256: \"" + HASH + "\"}, {id: b}]\nbroken: true\n");
        assertThat(file.config()).isEmpty();
        assertThat(file.tenant()).isEqualTo("acme");
        assertThat(file.keys()).extracting(TenantConfig.Key::id).containsExactly("a");
    }

    @Test
    void oneThingInTwoFilesIsAnErrorOfTheSecond() throws IOException {
        GatewayConfig gateway = Loads.good(directory, GATEWAY);
        Path tenants = Files.createDirectory(directory.resolve("tenants"));
        Files.writeString(tenants.resolve("a.yaml"), "tenant: one\nkeys: [{id: k, sha256: \"" + HASH + "\"}]\n");
        Files.writeString(tenants.resolve("b.yaml"), "tenant: one\nkeys: [{id: k, sha256: \"" + HASH + "\"}]\n");
        Files.writeString(tenants.resolve("c.txt"), "not a tenant");
        Files.writeString(tenants.resolve(".d.yaml"), "not a tenant");
        List<TenantFile> files = TenantDirectoryReader.read(tenants, gateway, SamplePlugin.catalog());
        assertThat(files).hasSize(2);
        assertThat(files.get(0).errors()).isEmpty();
        assertThat(files.get(1).errors())
                .extracting(ConfigError::path)
                .containsExactly("tenant", "keys[0].id", "keys[0].sha256");
    }
}
