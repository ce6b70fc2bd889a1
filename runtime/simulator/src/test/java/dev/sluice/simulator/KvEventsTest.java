package dev.sluice.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.simulator.events.BlockHasher;
import dev.sluice.simulator.events.BlockHasher.Algorithm;
import dev.sluice.simulator.events.EventOptions;
import dev.sluice.simulator.transfer.ConnectorKind;
import dev.sluice.simulator.transfer.TransferOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** What a server says about its cache, compared with what a real one said. */
class KvEventsTest {
    private final List<SimulatorServer> servers = new ArrayList<>();
    private String topic = "";

    @BeforeEach
    void name(TestInfo test) {
        topic = test.getDisplayName();
    }

    @AfterEach
    void stop() {
        servers.forEach(SimulatorServer::close);
    }

    private SimulatorServer start(SimulatorOptions.Builder options, EventOptions events) {
        var server = SimulatorServer.start(options.model("tiny")
                .blockSize(32)
                .timeScale(0.05)
                .events(events.withTopic(topic))
                .build());
        servers.add(server);
        return server;
    }

    private SimulatorServer start() {
        return start(
                SimulatorOptions.builder().adapters(List.of("alpha")),
                EventOptions.onFreePorts().withHashes(Algorithm.SHA256_CBOR, "0", true));
    }

    private JsonNode batch() throws InterruptedException {
        var frames = MemorySockets.queue(topic).poll(5, TimeUnit.SECONDS);
        assertThat(frames).isNotNull();
        return Unpacked.of(frames == null ? new byte[0] : frames.get(2));
    }

    private static JsonNode ask(SimulatorServer server, String fields) throws IOException {
        return ConformanceTest.json(RawClient.post(server.port(), "/v1/completions", "{" + fields + "}")
                .body());
    }

    private static String ids(int from, int count) {
        return IntStream.range(from, from + count).boxed().toList().toString();
    }

    @Test
    void generatedTokensFillBlocksThatArePublishedAsTheyFill() throws Exception {
        var real = ConformanceTest.json(Capture.text("kv/decode-fills-blocks-cbor-seed0.json"));
        var server = start();
        var answer = ConformanceTest.json(RawClient.post(
                        server.port(), "/v1/completions", real.path("request").toString())
                .body());
        var tokens = new ArrayList<Integer>();
        real.at("/request/prompt").forEach(id -> tokens.add(id.asInt()));
        answer.at("/choices/0/token_ids").forEach(id -> tokens.add(id.asInt()));
        var hasher = new BlockHasher(Algorithm.SHA256_CBOR, "0");
        var digests = hasher.chain(tokens.stream().mapToInt(Integer::intValue).toArray(), 32, List.of(), "");
        for (var i = 0; i < 2; i++) {
            var said = batch();
            var captured = real.path("decoded").path(i);
            assertThat(Shape.of(said.path(1))).isEqualTo(Shape.of(captured.path(1)));
            assertThat(said.path(2).asInt()).isZero();
            var event = said.at("/1/0");
            assertThat(event.at("/block_hashes/0").asText())
                    .isEqualTo(Long.toUnsignedString(BlockHasher.number(digests.get(i))));
            var its = new ArrayList<Integer>();
            event.path("token_ids").forEach(id -> its.add(id.asInt()));
            assertThat(its).isEqualTo(tokens.subList(i * 32, i * 32 + 32));
        }
        assertThat(MemorySockets.queue(topic)).isEmpty();
    }

    @Test
    void saltAndAdapterStandInTheExtraKeysAndInTheHash() throws Exception {
        var server = start();
        ask(server, "\"prompt\":" + ids(100, 70) + ",\"max_tokens\":1");
        ask(server, "\"prompt\":" + ids(100, 70) + ",\"max_tokens\":1,\"cache_salt\":\"tenant-1\"");
        ask(server, "\"prompt\":" + ids(100, 70) + ",\"max_tokens\":1,\"cache_salt\":\"tenant-1\",\"model\":\"alpha\"");
        var plain = batch().at("/1/0");
        var salted = batch().at("/1/0");
        var adapted = batch().at("/1/0");
        assertThat(plain.path("extra_keys").toString()).isEqualTo("[null,null]");
        assertThat(salted.path("extra_keys").toString()).isEqualTo("[[\"tenant-1\"],null]");
        assertThat(adapted.path("extra_keys").toString()).isEqualTo("[[\"alpha\",\"tenant-1\"],[\"alpha\"]]");
        assertThat(adapted.path("lora_name").asText()).isEqualTo("alpha");
        assertThat(adapted.path("lora_id").asInt()).isEqualTo(1);
        // The plain vector of the captures begins with the same 32 tokens.
        assertThat(plain.at("/block_hashes/0").asText()).isEqualTo("4798004333666216941");
        assertThat(salted.at("/block_hashes/0").asText())
                .isNotEqualTo(plain.at("/block_hashes/0").asText());
    }

    @Test
    void wholeDigestsAreSentWhenTheServerIsToldSo() throws Exception {
        var server =
                start(SimulatorOptions.builder(), EventOptions.onFreePorts().withHashes(Algorithm.SHA256, "", false));
        ask(server, "\"prompt\":" + ids(100, 40) + ",\"max_tokens\":1");
        var tokens = IntStream.range(100, 132).toArray();
        var digest = new BlockHasher(Algorithm.SHA256, "")
                .chain(tokens, 32, List.of(), "")
                .getFirst();
        assertThat(batch().at("/1/0/block_hashes/0").asText())
                .isEqualTo(HexFormat.of().formatHex(digest));
    }

    @Test
    void whatIsCachedAlreadyIsNotSaidAgain() throws Exception {
        var server = start();
        ask(server, "\"prompt\":" + ids(100, 70) + ",\"max_tokens\":1");
        ask(server, "\"prompt\":" + ids(100, 110) + ",\"max_tokens\":1");
        assertThat(batch().at("/1/0/block_hashes").size()).isEqualTo(2);
        var second = batch().at("/1/0");
        assertThat(second.path("block_hashes").size()).isEqualTo(1);
        assertThat(second.path("parent_block_hash").isNull()).isFalse();
    }

    @Test
    void aResetIsSaidWithTheNextStep() throws Exception {
        var server = start();
        ask(server, "\"prompt\":" + ids(100, 70) + ",\"max_tokens\":1");
        batch();
        assertThat(server.<Boolean>engine(Engine::resetCache)).isTrue();
        assertThat(MemorySockets.queue(topic)).isEmpty();
        ask(server, "\"prompt\":" + ids(100, 70) + ",\"max_tokens\":1");
        var types = new ArrayList<String>();
        batch().path(1).forEach(event -> types.add(event.path("type").asText()));
        assertThat(types).containsExactly("AllBlocksCleared", "BlockStored");
    }

    @Test
    void evictedBlocksAreSaidOneByOneBeforeWhatTakesTheirPlace() throws Exception {
        var server = start(
                SimulatorOptions.builder().kvBlocks(4).maxModelLen(128),
                EventOptions.onFreePorts().withHashes(Algorithm.SHA256, "", true));
        ask(server, "\"prompt\":" + ids(100, 96) + ",\"max_tokens\":1");
        ask(server, "\"prompt\":" + ids(500, 96) + ",\"max_tokens\":1");
        batch();
        var types = new ArrayList<String>();
        batch().path(1)
                .forEach(event -> types.add(
                        event.path("type").asText() + event.path("block_hashes").size()));
        assertThat(types).containsExactly("BlockRemoved1", "BlockRemoved1", "BlockStored3");
    }

    @Test
    void bothSidesOfAnExchangeSayThatTheyHaveTheBlocks() throws Exception {
        var nixl = SimulatorOptions.builder().transfer(TransferOptions.of(ConnectorKind.NIXL));
        var prefill = start(nixl, EventOptions.onFreePorts());
        var first = ask(
                prefill,
                "\"prompt\":" + ids(100, 261) + ",\"max_tokens\":1,\"kv_transfer_params\":{\"do_remote_decode\":true}");
        var said = batch();
        var decode = start(nixl, EventOptions.onFreePorts());
        ask(
                decode,
                "\"prompt\":" + ids(100, 261) + ",\"max_tokens\":8,\"kv_transfer_params\":"
                        + first.path("kv_transfer_params"));
        assertThat(said.at("/1/0/block_hashes").size()).isEqualTo(8);
        assertThat(batch().at("/1/0")).isEqualTo(said.at("/1/0"));
    }

    @Test
    void theSourcesAreListedPerRank() throws IOException {
        var server = start(
                SimulatorOptions.builder(),
                EventOptions.none().at("tcp://*:5557", "tcp://*:5558").withRank(3));
        var real = ConformanceTest.json(
                Capture.of("kv/kv_event_sources").response().body());
        var said = ConformanceTest.json(
                RawClient.get(server.port(), "/kv_event_sources").body());
        assertThat(Shape.of(said.path("3"))).isEqualTo(Shape.of(real.path("0")));
        assertThat(said.at("/3/endpoint").asText()).isEqualTo("tcp://*:5557");
    }

    @Test
    void faultsOfTheStreamAreSwitchedOnOverHttp() throws Exception {
        var server = start();
        RawClient.post(server.port(), "/debug/faults", "{\"kv_events\":{\"drop\":1}}");
        ask(server, "\"prompt\":" + ids(100, 40) + ",\"max_tokens\":1");
        ask(server, "\"prompt\":" + ids(300, 40) + ",\"max_tokens\":1");
        var frames = MemorySockets.queue(topic).poll(5, TimeUnit.SECONDS);
        assertThat(frames).isNotNull();
        assertThat(HexFormat.of().formatHex(frames == null ? new byte[0] : frames.get(1)))
                .isEqualTo("0000000000000001");
    }

    /** Counts what it hears; what is left must be what the cache has. */
    private static final class Ledger implements CacheListener {
        private final Map<Long, Integer> holders = new HashMap<>();

        @Override
        public void stored(long id, int firstBlock, long parent, long[] hashes) {
            for (var hash : hashes) {
                holders.merge(hash, 1, Integer::sum);
            }
        }

        @Override
        public void removed(long hash) {
            holders.compute(hash, (k, n) -> {
                assertThat(n).isNotNull();
                return n == null || n == 1 ? null : n - 1;
            });
        }

        @Override
        public void cleared() {
            holders.clear();
        }

        @Override
        public void stepped(long atNanos) {}
    }

    @Test
    void whoeverCountsStoresAndRemovalsKnowsTheCache() {
        for (var seed = 1; seed <= 30; seed++) {
            var random = new SplittableRandom(seed);
            var ledger = new Ledger();
            var engine = new Engine(Bench.plain().withCache(40, 4), seed, ledger);
            var sink = new Bench(Bench.plain());
            var now = 0L;
            for (var id = 1L; id <= 200; id++) {
                var tokens = random.nextInt(1, 60);
                var request = EngineRequest.of(
                        id, tokens, Bench.prompt(random.nextInt(6), tokens / 4), random.nextInt(1, 20));
                engine.submit(request, now);
                now += random.nextInt(200) * 1_000_000L;
                engine.advance(now, sink);
                if (random.nextInt(10) == 0) {
                    engine.abort(id, now);
                }
                if (random.nextInt(20) == 0) {
                    engine.resetCache();
                }
            }
            assertThat(ledger.holders).as("seed %d", seed).hasSize(engine.cachedBlocks());
            for (var hash : ledger.holders.keySet()) {
                assertThat(engine.cachedTokens(5, new long[] {hash})).isEqualTo(4);
            }
        }
    }
}
