package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewayConfigTest {
    @TempDir
    Path directory;

    @Test
    void defaultsAreThoseOfTheInterfacesPage() {
        GatewayConfig config = Loads.good(directory, Loads.MINIMAL);

        assertThat(config.server())
                .isEqualTo(new ServerConfig(
                        "0.0.0.0",
                        8080,
                        new ServerConfig.Admin("127.0.0.1", 9190, Optional.empty()),
                        Optional.empty(),
                        false,
                        Optional.empty(),
                        new ServerConfig.Limits(
                                new Size(64 << 20),
                                new Size(32 << 10),
                                20_000,
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(30)),
                        new ServerConfig.Drain(Duration.ofSeconds(5), Duration.ofMinutes(10)),
                        List.of(
                                new SessionSource(SessionSource.Kind.HEADER, "x-session-id"),
                                new SessionSource(SessionSource.Kind.BODY, "metadata.session_id")),
                        "off",
                        Optional.empty()));
        PoolConfig pool = config.pools().getFirst();
        assertThat(pool.timeouts())
                .isEqualTo(new PoolConfig.Timeouts(
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(120),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(60),
                        Duration.ofMinutes(60)));
        assertThat(pool.adapters()).isEqualTo(new Adapters(true, List.of()));
        assertThat(pool.blockSize()).isEmpty();
        assertThat(pool.concurrency().limit()).isEmpty();
        assertThat(pool.credential()).isEmpty();
        assertThat(pool.routing()).isEmpty();
        assertThat(config.routingOf(pool).builtIn()).isTrue();
        assertThat(pool.endpoints().getFirst().endpoint())
                .isEqualTo(new Endpoint("127.0.0.1:9001", "127.0.0.1:9001", Role.BOTH, Map.of()));
    }

    @Test
    void everyKeyTakesAnotherValue() {
        Loads.write(directory, "admin-token", "s3cret\n");
        GatewayConfig config = Loads.good(directory, """
                apiVersion: sluice.dev/v1
                kind: Gateway
                usage: {file: u.jsonl, rotateAt: 1MiB, keep: 2}
                traces:
                  endpoint: "https://c:4318/v1/traces"
                  sample: 0.5
                  slow: 2s
                  parentBased: false
                  credential: {env: TOKEN}
                  service: gw
                server:
                  host: 127.0.0.1
                  port: 81
                  admin: {host: 0.0.0.0, port: 82, token: {file: admin-token}}
                  metrics: {host: 127.0.0.2, port: 83}
                  debugHeaders: true
                  limits: {body: 1MiB, headers: 8KiB, connections: 7, headerTime: 500ms, bodyIdle: 1.5s}
                  drain: {notReadyFor: 0s, streams: 1h30m}
                  session: [cookie:sid, body:user, "header:X-Conversation"]
                  accessLog: json
                  extProc: {host: 127.0.0.3, port: 84, message: 8MiB, usage: false, subsetHint: false, healthPort: 85}
                pools:
                  - name: chat
                    models: [acme/chat-8b, chat]
                    adapters: [lora-a, lora-b]
                    blockSize: 32
                    connector: none
                    endpoints:
                      - {url: "http://Engine-1:8000/", role: prefill, labels: {zone: a}}
                      - {name: e2, namespace: models, address: "fd00::1", port: 8000, labels: {llm-d.ai/role: decode}}
                    timeouts: {connect: 2s, firstByte: 3s, idle: 4s, total: 5m}
                    concurrency: 12
                    credential: {env: TOKEN}
                    routing: mine
                routing:
                  mine:
                    plugins:
                      - {type: queue-scorer, name: short}
                      - type: sample-scorer
                        parameters:
                          {count: 7, share: 1, window: 250ms, mode: very-careful, blend: sum, note: hi, limit: 3,
                           labels: [a, b], weights: {x: 1.5}, token: {env: TOKEN}}
                    schedulingProfiles:
                      - {name: default, plugins: [{pluginRef: short, weight: 2.5}, {pluginRef: sample-scorer}]}
                """);

        assertThat(config.server())
                .isEqualTo(new ServerConfig(
                        "127.0.0.1",
                        81,
                        new ServerConfig.Admin("0.0.0.0", 82, Optional.of(new SecretText("s3cret"))),
                        Optional.of(new ServerConfig.Metrics("127.0.0.2", 83)),
                        true,
                        Optional.empty(),
                        new ServerConfig.Limits(
                                new Size(1 << 20),
                                new Size(8 << 10),
                                7,
                                Duration.ofMillis(500),
                                Duration.ofMillis(1500)),
                        new ServerConfig.Drain(Duration.ZERO, Duration.ofMinutes(90)),
                        List.of(
                                new SessionSource(SessionSource.Kind.COOKIE, "sid"),
                                new SessionSource(SessionSource.Kind.BODY, "user"),
                                new SessionSource(SessionSource.Kind.HEADER, "x-conversation")),
                        "json",
                        Optional.of(new ServerConfig.ExtProc(
                                "127.0.0.3",
                                84,
                                Optional.empty(),
                                new Size(8 << 20),
                                false,
                                false,
                                OptionalInt.of(85)))));
        assertThat(config.usage()).contains(new UsageConfig(directory.resolve("u.jsonl"), new Size(1 << 20), 2));
        assertThat(config.traces())
                .contains(new TracesConfig(
                        "https://c:4318/v1/traces",
                        0.5,
                        Duration.ofSeconds(2),
                        false,
                        Optional.of(new SecretText("from-env")),
                        "gw"));
        PoolConfig pool = config.pools().getFirst();
        assertThat(pool.models().names()).containsExactly("acme/chat-8b", "chat");
        assertThat(pool.adapters()).isEqualTo(new Adapters(false, List.of("lora-a", "lora-b")));
        assertThat(pool.blockSize()).hasValue(32);
        assertThat(pool.endpoints().stream().map(EndpointConfig::endpoint))
                .containsExactly(
                        new Endpoint(
                                "engine-1:8000",
                                "engine-1:8000",
                                Role.PREFILL,
                                Map.of("zone", "a", Role.LABEL, "prefill")),
                        new Endpoint("models/e2", "[fd00::1]:8000", Role.DECODE, Map.of(Role.LABEL, "decode")));
        assertThat(pool.timeouts())
                .isEqualTo(new PoolConfig.Timeouts(
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(3),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(4),
                        Duration.ofMinutes(5)));
        assertThat(pool.concurrency().limit()).hasValue(12);
        assertThat(pool.credential()).contains(new SecretText("from-env"));
        RoutingConfig routing = config.routingOf(pool);
        assertThat(routing.plugins()).extracting("name").containsExactly("short", "sample-scorer");
        assertThat(routing.plugins().get(1).parameters())
                .isEqualTo(new SamplePlugin.Parameters(
                        7,
                        1,
                        Duration.ofMillis(250),
                        SamplePlugin.Mode.VERY_CAREFUL,
                        "sum",
                        Optional.of("hi"),
                        OptionalInt.of(3),
                        List.of("a", "b"),
                        Map.of("x", 1.5),
                        Optional.of("from-env")));
        assertThat(routing.schedulingProfiles())
                .containsExactly(new RoutingConfig.Profile(
                        "default",
                        List.of(new RoutingConfig.Use("short", 2.5), new RoutingConfig.Use("sample-scorer", 1))));
    }

    @Test
    void tracesNeedOnlyACollectorThatSpeaksHttp() {
        assertThat(Loads.good(directory, Loads.MINIMAL + "traces: {endpoint: \"http://c:4318/v1/traces\"}\n")
                        .traces())
                .contains(new TracesConfig(
                        "http://c:4318/v1/traces", 0.01, Duration.ofSeconds(5), true, Optional.empty(), "sluice"));
        for (String wrong : List.of("grpc://c:4317", "http://c:4317", "http://user:pw@c:4318/v1/traces", "c:4318")) {
            assertThat(Loads.load(directory, Loads.MINIMAL + "traces: {endpoint: \"" + wrong + "\"}\n")
                            .errors())
                    .as(wrong)
                    .hasSize(1)
                    .allMatch(error -> error.message().startsWith("endpoint"));
        }
        assertThat(Loads.load(directory, Loads.MINIMAL + "traces: {endpoint: \"http://c:1/\", sample: 1.5}\n")
                        .errors())
                .hasSize(1);
    }

    @Test
    void routingAndEndpointsComeFromFilesBesideTheFileThatNamesThem() {
        Path sub = directory.resolve("sub");
        assertThat(sub.toFile().mkdir()).isTrue();
        Loads.write(sub, "epp.yaml", """
                apiVersion: llm-d.ai/v1alpha1
                kind: EndpointPickerConfig
                plugins: [{type: sample-scorer, parameters: {token: {file: token}}}]
                """);
        Loads.write(sub, "token", "abc");
        Loads.write(directory, "endpoints.yaml", "endpoints: []\n");
        Loaded loaded = Loads.load(directory, """
                pools: [{name: p, models: [m], routing: r, discovery: {file: endpoints.yaml}}]
                routing: {r: {file: sub/epp.yaml}}
                """);

        assertThat(loaded.errors()).isEmpty();
        GatewayConfig config = loaded.config().orElseThrow();
        RoutingConfig routing = config.routingOf(config.pools().getFirst());
        assertThat(routing.plugins().getFirst().parameters())
                .asInstanceOf(InstanceOfAssertFactories.type(SamplePlugin.Parameters.class))
                .satisfies(parameters -> assertThat(parameters.token()).contains("abc"));
        assertThat(loaded.files())
                .containsExactlyInAnyOrder(
                        directory.resolve("gateway.yaml"),
                        directory.resolve("sub/epp.yaml"),
                        directory.resolve("sub/token"),
                        directory.resolve("endpoints.yaml"));
    }

    @Test
    void optionsWinOverTheFile() {
        Loads.write(directory, "e.yaml", "endpoints: [{url: 'http://h:1'}]\n");
        Overrides overrides = new Overrides(
                OptionalInt.of(1),
                OptionalInt.of(2),
                OptionalInt.of(3),
                Optional.of(directory.resolve("e.yaml")),
                Optional.empty());
        GatewayConfig config =
                Loads.load(directory, Loads.MINIMAL, overrides).config().orElseThrow();

        assertThat(config.server().port()).isEqualTo(1);
        assertThat(config.server().admin().port()).isEqualTo(2);
        assertThat(config.server().metrics().orElseThrow()).isEqualTo(new ServerConfig.Metrics("0.0.0.0", 3));
        assertThat(config.pools().getFirst().endpoints()).isEmpty();
        assertThat(config.pools().getFirst().discovery().orElseThrow().file().orElseThrow())
                .isEqualTo(directory.resolve("e.yaml"));
    }

    @Test
    void anOpenGatewayAndAnUnusedPolicyAreWarnings() {
        Loaded loaded = Loads.load(directory, Loads.MINIMAL + "routing: {spare: {plugins: [{type: queue-scorer}]}}\n");

        assertThat(loaded.warnings())
                .extracting(ConfigError::path, ConfigError::line, ConfigError::message)
                .containsExactly(
                        tuple("", 1, "no tenants: this gateway is open to everybody who reaches it"),
                        tuple("routing.spare", 5, "no pool uses this policy"));
    }

    @Test
    void behindEnvoyThereMayBeTenantsAndAUsageLogAndWhoLeavesAnswersUnreadIsTold() {
        String yaml =
                Loads.MINIMAL + "tenants: {salt: {env: TOKEN}}\nusage: {file: u.jsonl}\nserver: {extProc: {%s}}\n";
        Loaded read = Loads.load(directory, yaml.formatted(""));
        assertThat(read.errors()).isEmpty();
        assertThat(read.warnings()).isEmpty();

        Loaded unread = Loads.load(directory, yaml.formatted("usage: false"));
        assertThat(unread.errors()).isEmpty();
        assertThat(unread.warnings())
                .extracting(ConfigError::path, ConfigError::message)
                .containsExactly(tuple(
                        "server.extProc.usage",
                        "answers are not read: quotas and the usage log count what such answers are believed to"
                                + " have"));
    }

    @Test
    void peersAreReadWithTheirDefaults() {
        Loads.write(directory, "key", "sixteen characters\n");
        PeersConfig named = Loads.good(
                        directory,
                        Loads.MINIMAL + "peers: {key: {file: key}, members: [sluice-peers, \"[fd00::1]:7801\"]}\n")
                .peers()
                .orElseThrow();
        assertThat(named)
                .isEqualTo(new PeersConfig(
                        Optional.empty(),
                        7800,
                        Optional.of(new SecretText("sixteen characters")),
                        List.of("sluice-peers", "[fd00::1]:7801"),
                        Optional.empty(),
                        Duration.ofMillis(250)));
        PeersConfig pods = Loads.good(
                        directory,
                        Loads.MINIMAL
                                + "peers: {host: 10.0.0.1, port: 7, key: {file: key}, every: 100ms, pods: {namespace: n, selector: a=b}}\n")
                .peers()
                .orElseThrow();
        assertThat(pods)
                .isEqualTo(new PeersConfig(
                        Optional.of("10.0.0.1"),
                        7,
                        Optional.of(new SecretText("sixteen characters")),
                        List.of(),
                        Optional.of(new PeersConfig.Pods("n", "a=b")),
                        Duration.ofMillis(100)));
        assertThat(Loads.good(directory, Loads.MINIMAL).peers()).isEmpty();
    }

    @Test
    void peersWithoutAKeyOrBesideTenantsWithoutASaltAreWarnings() {
        Loaded loaded = Loads.load(directory, Loads.MINIMAL + "peers: {members: [a]}\ntenants: {anonymous: allow}\n");

        assertThat(loaded.errors()).isEmpty();
        assertThat(loaded.warnings())
                .extracting(ConfigError::path, ConfigError::message)
                .contains(
                        tuple("peers", "no key: nothing is shared with other replicas"),
                        tuple(
                                "peers",
                                "beside tenants without a salt replicas share no prefixes: each has salts of its own"));
    }

    @Test
    void theEffectiveConfigurationShowsDefaultsAndMasksSecrets() {
        GatewayConfig config = Loads.good(directory, """
                pools:
                  - {name: p, models: [m], credential: {env: TOKEN}, routing: r, endpoints: [{url: "http://h:1"}]}
                routing: {r: {plugins: [{type: sample-scorer, parameters: {token: {env: TOKEN}}}]}}
                """);
        String json = EffectiveConfig.json(config, SamplePlugin.catalog());

        assertThat(json)
                .contains("\"headerTime\" : \"10s\"", "\"body\" : \"64MiB\"", "\"credential\" : \"***\"")
                .contains("\"token\" : \"***\"", "\"mode\" : \"fast\"", "\"url\" : \"http://h:1\"")
                .doesNotContain("from-env");
        assertThat(config.toString()).doesNotContain("credential=Optional[SecretText[value=from-env");
    }

    @Test
    void theSchemaNamesEveryKeyAndEveryPluginParameter() {
        assertThat(Schema.json(SamplePlugin.catalog()))
                .contains("\"debugHeaders\"", "\"firstByte\"", "\"needy-scorer\"", "\"very-careful\"", "\"blockSize\"")
                .contains("\"kvEvents\"", "\"tenants\"", "\"identity\"");
    }
}
