package dev.sluice.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.simulator.transfer.ConnectorKind;
import dev.sluice.simulator.transfer.TransferOptions;
import dev.sluice.spi.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each kind of connector between two servers on real sockets. */
class ConnectorsTest {
    private static final String PROMPT = "the sea and the sun ".repeat(60);
    private final List<SimulatorServer> servers = new ArrayList<>();

    @AfterEach
    void stop() {
        servers.forEach(SimulatorServer::close);
    }

    private SimulatorServer start(Role role, TransferOptions transfer) {
        var server = SimulatorServer.start(SimulatorOptions.builder()
                .role(role)
                .timeScale(0.1)
                .transfer(transfer)
                .build());
        servers.add(server);
        return server;
    }

    private SimulatorServer start(Role role, ConnectorKind kind) {
        return start(role, TransferOptions.of(kind));
    }

    private static RawClient.Response ask(SimulatorServer server, int tokens, String fields) throws IOException {
        return RawClient.post(
                server.port(),
                "/v1/completions",
                "{\"prompt\":\"" + PROMPT + "\",\"max_tokens\":" + tokens + ",\"ignore_eos\":true" + fields + "}");
    }

    private static CompletableFuture<RawClient.Response> later(SimulatorServer server, int tokens, String fields) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return ask(server, tokens, fields);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                Executors.newVirtualThreadPerTaskExecutor());
    }

    private static String text(RawClient.Response response) {
        return ConformanceTest.json(response.body()).at("/choices/0/text").asText();
    }

    private static int cached(RawClient.Response response) {
        return ConformanceTest.json(response.body())
                .at("/usage/prompt_tokens_details/cached_tokens")
                .asInt();
    }

    @Test
    void anEngineThatListensEverywhereTellsOthersWhereItsMachineIs() throws IOException {
        var everywhere = SimulatorServer.start(SimulatorOptions.builder()
                .role(Role.PREFILL)
                .host("0.0.0.0")
                .timeScale(0.1)
                .transfer(TransferOptions.of(ConnectorKind.NIXL))
                .build());
        servers.add(everywhere);
        var first = ask(everywhere, 1, ",\"kv_transfer_params\":{\"do_remote_decode\":true}");
        var params = ConformanceTest.json(first.body()).at("/kv_transfer_params");
        var host = params.path("remote_host").asText();
        assertThat(host).isNotEmpty();
        assertThat(InetAddress.getByName(host).isAnyLocalAddress()).as(host).isFalse();
        var answer = ask(start(Role.DECODE, ConnectorKind.NIXL), 8, ",\"kv_transfer_params\":" + params);
        assertThat(answer.status()).isEqualTo(200);
    }

    /** The decode leg goes out first, waits, and gets what the prefill leg computes. */
    private void meet(SimulatorServer prefill, SimulatorServer decode, String first, String second) throws IOException {
        var waiting = later(decode, 8, second);
        Await.until(() -> decode.engine(engine -> engine.kv().deferred()) == 1);
        assertThat(ask(prefill, 1, first).status()).isEqualTo(200);
        var answer = waiting.join();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(cached(answer)).isZero();
        assertThat(decode.exchanges().stats().transfers()).isEqualTo(1);
        assertThat(decode.exchanges().stats().corrupt()).isZero();
        assertThat(decode.<Long>engine(engine -> engine.stats().externalHits())).isGreaterThan(250);
        Await.until(() -> prefill.exchanges().json().path("pins").isEmpty());
        assertThat(text(answer)).isEqualTo(text(ask(start(Role.BOTH, ConnectorKind.NONE), 8, "")));
    }

    @Test
    void nixlInPushModeMeetsByTransferId() throws IOException {
        var prefill = start(Role.PREFILL, ConnectorKind.NIXL_PUSH);
        var decode = start(Role.DECODE, ConnectorKind.NIXL_PUSH);
        meet(
                prefill,
                decode,
                ",\"kv_transfer_params\":{\"do_remote_decode\":true,\"transfer_id\":\"xfer-1\"}",
                ",\"kv_transfer_params\":{\"do_remote_prefill\":true,\"transfer_id\":\"xfer-1\",\"remote_host\":\"127.0.0.1\","
                        + "\"remote_port\":" + prefill.exchanges().port() + "}");
    }

    @Test
    void mooncakeIsFoundByItsBootstrapServer() throws IOException {
        var prefill =
                start(Role.PREFILL, TransferOptions.of(ConnectorKind.MOONCAKE).withEngineId("p-1"));
        var decode = start(Role.DECODE, ConnectorKind.MOONCAKE);
        var query = ConformanceTest.json(
                RawClient.get(prefill.exchanges().port(), "/query").body());
        assertThat(query.at("/0/engine_id").asText()).isEqualTo("p-1");
        assertThat(query.at("/0/worker_addr/0/0").asText()).startsWith("127.0.0.1:");
        meet(
                prefill,
                decode,
                ",\"kv_transfer_params\":{\"do_remote_decode\":true,\"do_remote_prefill\":false,\"transfer_id\":\"xfer-1\"}",
                ",\"kv_transfer_params\":{\"do_remote_decode\":false,\"do_remote_prefill\":true,\"transfer_id\":\"xfer-1\","
                        + "\"remote_bootstrap_addr\":\"http://127.0.0.1:"
                        + prefill.exchanges().port() + "\",\"remote_engine_id\":\"p-1\"}");
    }

    @Test
    void theOffloadingTierMeetsByRequestId() throws IOException {
        var prefill = start(Role.PREFILL, ConnectorKind.OFFLOADING);
        var decode = start(Role.DECODE, ConnectorKind.OFFLOADING);
        meet(
                prefill,
                decode,
                ",\"kv_transfer_params\":{\"remote_decoder\":{\"kv_request_id\":\"r-1\"}}",
                ",\"kv_transfer_params\":{\"remote_prefiller\":{\"kv_request_id\":\"r-1\",\"remote_host\":\"127.0.0.1\","
                        + "\"remote_port\":" + prefill.exchanges().port() + "}}");
    }

    @Test
    void theOffloadingTierPullsACachedPrefixFromAnyPeer() throws IOException {
        var holder = start(Role.BOTH, ConnectorKind.OFFLOADING);
        var other = start(Role.BOTH, ConnectorKind.OFFLOADING);
        ask(holder, 1, "");
        var source =
                ",\"kv_transfer_params\":{\"remote_kv_source\":{\"kv_request_id\":\"r-2\",\"remote_host\":\"127.0.0.1\","
                        + "\"remote_port\":" + holder.exchanges().port() + "}}";
        assertThat(ask(other, 4, source).status()).isEqualTo(200);
        assertThat(other.exchanges().stats().transfers()).isEqualTo(1);
        assertThat(other.exchanges().stats().corrupt()).isZero();
        assertThat(other.<Long>engine(engine -> engine.stats().externalHits())).isGreaterThan(250);
        // A peer that has nothing is no obstacle.
        holder.engine(engine -> {
            engine.resetCache();
            return engine;
        });
        var third = start(Role.BOTH, ConnectorKind.OFFLOADING);
        assertThat(ask(third, 4, source).status()).isEqualTo(200);
        assertThat(third.exchanges().stats().transfers()).isZero();
    }

    @Test
    void sglangMeetsInARoomThatBothLegsName() throws IOException {
        var prefill = start(Role.PREFILL, ConnectorKind.SGLANG);
        var decode = start(Role.DECODE, ConnectorKind.SGLANG);
        var room = ",\"bootstrap_host\":\"127.0.0.1\",\"bootstrap_port\":"
                + prefill.exchanges().port() + ",\"bootstrap_room\":4611686018427387904";
        meet(prefill, decode, room, room);
    }

    @Test
    void aMeetingThatNobodyComesToFails() throws IOException {
        var prefill = start(Role.PREFILL, ConnectorKind.MOONCAKE);
        var decode = SimulatorServer.start(SimulatorOptions.builder()
                .timeScale(0.01)
                .transfer(TransferOptions.of(ConnectorKind.MOONCAKE))
                .build());
        servers.add(decode);
        var answer = ask(
                decode,
                4,
                ",\"kv_transfer_params\":{\"do_remote_prefill\":true,\"transfer_id\":\"xfer-9\",\"remote_bootstrap_addr\":"
                        + "\"http://127.0.0.1:" + prefill.exchanges().port() + "\"}");
        assertThat(answer.status()).isEqualTo(500);
        assertThat(decode.engine(Engine::kvBlocksUsed)).isZero();
    }

    @Test
    void filesThatAllEnginesSeeAreFoundByAnotherEngineAndAcrossSalts(@TempDir Path folder) throws IOException {
        var options = TransferOptions.of(ConnectorKind.SHARED_STORAGE).with(false, folder.toString());
        ask(start(Role.PREFILL, options), 1, "");
        assertThat(folder.toFile().list()).hasSize(1);
        var decode = start(Role.DECODE, options);
        assertThat(cached(ask(decode, 4, ",\"cache_salt\":\"another-tenant\""))).isGreaterThan(250);
        // The whole prompt or nothing.
        var longer = RawClient.post(
                decode.port(), "/v1/completions", "{\"prompt\":\"" + PROMPT.repeat(2) + "\",\"cache_salt\":\"s\"}");
        assertThat(cached(longer)).isZero();
    }

    @Test
    void lmcacheFindsLeadingChunksOfAnotherEngine(@TempDir Path folder) throws IOException {
        var options = TransferOptions.of(ConnectorKind.LMCACHE).with(false, folder.toString());
        ask(start(Role.PREFILL, options), 1, "");
        var decode = start(Role.DECODE, options);
        var longer = RawClient.post(
                decode.port(), "/v1/completions", "{\"prompt\":\"" + PROMPT.repeat(2) + "\",\"max_tokens\":2}");
        assertThat(cached(longer)).isEqualTo(256);
    }

    @Test
    void kvThatDoesNotComeIsComputedHereWhenThePolicySaysSo() throws IOException {
        var decode = start(Role.DECODE, TransferOptions.of(ConnectorKind.NIXL).with(true, ""));
        var answer = ask(
                decode,
                4,
                ",\"kv_transfer_params\":{\"do_remote_prefill\":true,\"remote_block_ids\":[" + blocks(60)
                        + "],\"remote_engine_id\":\"e\",\"remote_request_id\":\"r\",\"remote_host\":\"127.0.0.1\",\"remote_port\":1}");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(decode.exchanges().stats().failures()).isEqualTo(1);
    }

    private static String blocks(int count) {
        var out = new StringBuilder("0");
        for (var i = 1; i < count; i++) {
            out.append(',').append(i);
        }
        return out.toString();
    }

    @Test
    void aReleaseThatIsLostLeavesThePinToItsLease() throws IOException {
        var prefill = start(Role.PREFILL, TransferOptions.of(ConnectorKind.NIXL).withLease(3));
        var decode = start(Role.DECODE, ConnectorKind.NIXL);
        RawClient.post(prefill.port(), "/debug/faults", "{\"lose_releases\":true}");
        var params = ConformanceTest.json(ask(prefill, 1, ",\"kv_transfer_params\":{\"do_remote_decode\":true}")
                        .body())
                .path("kv_transfer_params");
        assertThat(ask(decode, 4, ",\"kv_transfer_params\":" + params).status()).isEqualTo(200);
        Await.until(() -> prefill.exchanges().json().path("lost_releases").asInt() == 1);
        Await.until(() -> prefill.<Long>engine(engine -> engine.stats().expiredLeases()) == 1);
        var kv = ConformanceTest.json(RawClient.get(prefill.port(), "/debug/kv").body());
        assertThat(kv.path("pins").size()).isZero();
        assertThat(kv.path("expired").asInt()).isEqualTo(1);
        assertThat(kv.path("connector").asText()).isEqualTo("nixl");
    }

    @Test
    void aRestartedEngineHasAnotherIdOnTheSamePortAndOldParamsFail() throws IOException {
        var prefill = start(Role.PREFILL, ConnectorKind.NIXL);
        var decode = start(Role.DECODE, ConnectorKind.NIXL);
        var id = prefill.exchanges().engineId();
        var port = prefill.exchanges().port();
        var params = ConformanceTest.json(ask(prefill, 1, ",\"kv_transfer_params\":{\"do_remote_decode\":true}")
                        .body())
                .path("kv_transfer_params");
        prefill.stop();
        prefill.restart();
        assertThat(prefill.exchanges().port()).isEqualTo(port);
        assertThat(prefill.exchanges().engineId()).isNotEqualTo(id);
        assertThat(ask(decode, 4, ",\"kv_transfer_params\":" + params).status()).isEqualTo(500);
    }

    @Test
    void aLegThatQueuesKeepsTheLeaseAlive() throws IOException {
        var prefill = start(Role.PREFILL, TransferOptions.of(ConnectorKind.NIXL).withLease(3));
        var decode = start(Role.DECODE, ConnectorKind.NIXL);
        var options = SimulatorOptions.builder()
                .timeScale(0.1)
                .maxNumSeqs(1)
                .transfer(TransferOptions.of(ConnectorKind.NIXL).withLease(3))
                .build();
        var narrow = SimulatorServer.start(options);
        servers.add(narrow);
        var params = ConformanceTest.json(ask(prefill, 1, ",\"kv_transfer_params\":{\"do_remote_decode\":true}")
                        .body())
                .path("kv_transfer_params");
        narrow.engine(engine -> {
            engine.slowDown(10);
            return engine;
        });
        // 120 steps of 7 ms: three leases long.
        var first = later(narrow, 120, "");
        Await.until(() -> narrow.engine(Engine::running) == 1);
        var second = later(narrow, 1, ",\"kv_transfer_params\":" + params);
        assertThat(first.join().status()).isEqualTo(200);
        assertThat(second.join().status()).isEqualTo(200);
        assertThat(prefill.<Long>engine(engine -> engine.stats().expiredLeases()))
                .isZero();
        assertThat(decode.exchanges().stats().transfers()).isZero();
    }

    @Test
    void aSideChannelPortThatIsTakenIsSaid() {
        var first = start(Role.PREFILL, ConnectorKind.NIXL);
        var taken = TransferOptions.of(ConnectorKind.NIXL)
                .withPort(first.exchanges().port());
        assertThatThrownBy(() -> start(Role.PREFILL, taken))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("side channel port " + first.exchanges().port());
    }
}
