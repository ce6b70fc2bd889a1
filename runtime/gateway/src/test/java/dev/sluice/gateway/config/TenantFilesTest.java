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
    static final String GATEWAY = """
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
        identity: {issuers: [{name: corp, issuer: "https://idp.example", audience: sluice, jwks: "https://idp.example/jwks.json"}]}
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
    void aBrokenFileStillSaysWhoseTokensItTakes() {
        TenantFile file = read("tenant: acme\nmatch: [{issuer: corp, claims: {groups: a}}, {claims: {}}]\n");
        assertThat(file.config()).isEmpty();
        assertThat(file.match())
                .containsExactly(new TenantConfig.Match("corp", Map.of("groups", new ClaimValues(Set.of("a")))));
    }

    /** Of two rules: whether every token that one takes is taken by the other, in whichever order they come. */
    @ParameterizedTest
    @org.junit.jupiter.params.provider.CsvSource(delimiter = '|', textBlock = """
            {groups: a}          | {groups: a}                  | true
            {groups: a}          | {groups: b}                  | false
            {groups: a}          | {aud: a}                     | false
            {groups: a}          | {groups: a, region: eu}      | true
            {groups: [a, b]}     | {groups: b}                  | true
            {groups: [a, b]}     | {groups: [b, c]}             | false
            {groups: a, team: x} | {groups: a, region: eu}      | false
            {groups: b, team: x} | {apps: [y, z], groups: b, team: x} | true
            {}                   | {groups: a}                  | true
            {}                   | {}                           | true
            """)
    void twoTenantsMustNotTakeTheSameTokens(String one, String other, boolean same) {
        GatewayConfig gateway = Loads.good(directory, GATEWAY);
        for (List<String> order : List.of(List.of(one, other), List.of(other, one))) {
            TenantConflicts conflicts = new TenantConflicts(gateway);
            TenantFile first = read("tenant: one\nmatch: [{issuer: corp, claims: " + order.get(0) + "}]\n");
            TenantFile second = read("tenant: two\nmatch: [{issuer: corp, claims: " + order.get(1) + "}]\n");
            assertThat(conflicts.add(first)).isEmpty();
            assertThat(conflicts.add(second).stream().map(ConfigError::path))
                    .as(order.toString())
                    .isEqualTo(same ? List.of("match[0]") : List.of());
        }
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
