package dev.sluice.simulator.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.simulator.events.BlockHasher.Algorithm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Encodes what captured messages say and compares the bytes. */
class EventEncoderTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final ObjectMapper JSON = new ObjectMapper();

    /** A captured batch: what it says, and its bytes. */
    record Batch(JsonNode decoded, String hex) {
        @Override
        public String toString() {
            return hex.substring(0, 40);
        }
    }

    static Stream<Batch> batches() throws IOException {
        var all = new ArrayList<Batch>();
        for (var message : JSON.readTree(text("examples.json"))) {
            all.add(new Batch(
                    message.path("decoded"), message.at("/frames_hex/2").asText()));
        }
        for (var line : text("kv-events-decode.jsonl").lines().toList()) {
            var message = JSON.readTree(line);
            all.add(new Batch(
                    message.path("decoded"), message.at("/frames_hex/2").asText()));
        }
        for (var file :
                List.of("decode-fills-blocks-cbor-seed0.json", "decode-fills-blocks-pickle-seed-unset-bytes.json")) {
            var json = JSON.readTree(text(file));
            for (var i = 0; i < json.path("decoded").size(); i++) {
                all.add(new Batch(
                        json.path("decoded").path(i),
                        json.path("frames_hex").path(i).path(2).asText()));
            }
        }
        return all.stream();
    }

    private static String text(String file) throws IOException {
        try (var in = Objects.requireNonNull(EventEncoderTest.class.getResourceAsStream("/vllm/kv/" + file))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @MethodSource("batches")
    void aBatchHasTheBytesOfTheRealOne(Batch batch) {
        var events = new ArrayList<KvEvent>();
        var numbers = true;
        for (var event : batch.decoded().path(1)) {
            numbers &= !event.at("/block_hashes/0").isObject();
            events.add(
                    switch (event.path("type").asText()) {
                        case "BlockStored" -> stored(event);
                        case "BlockRemoved" ->
                            new KvEvent.Removed(
                                    hashes(event.path("block_hashes")),
                                    event.path("medium").asText());
                        default -> new KvEvent.Cleared();
                    });
        }
        var bytes = new EventEncoder(true, numbers)
                .batch(
                        batch.decoded().path(0).asDouble(),
                        events,
                        batch.decoded().path(2).asInt());
        assertThat(HEX.formatHex(bytes)).isEqualTo(batch.hex());
    }

    private static KvEvent.Stored stored(JsonNode event) {
        var extra = new ArrayList<List<String>>();
        for (var keys : event.path("extra_keys")) {
            var words = new ArrayList<String>();
            keys.forEach(word -> words.add(word.asText()));
            extra.add(words);
        }
        var tokens = event.path("token_ids");
        return new KvEvent.Stored(
                hashes(event.path("block_hashes")),
                event.path("parent_block_hash").isNull()
                        ? Optional.empty()
                        : Optional.of(hash(event.path("parent_block_hash"))),
                IntStream.range(0, tokens.size())
                        .map(i -> tokens.path(i).asInt())
                        .toArray(),
                event.path("block_size").asInt(),
                event.path("lora_id").asInt(0),
                event.path("medium").asText(),
                event.path("lora_name").asText("").replace("null", ""),
                extra);
    }

    private static List<byte[]> hashes(JsonNode list) {
        return IntStream.range(0, list.size()).mapToObj(i -> hash(list.path(i))).toList();
    }

    private static byte[] hash(JsonNode value) {
        return value.isObject()
                ? HEX.parseHex(value.path("bytes_hex").asText())
                : ByteBuffer.allocate(8)
                        .putLong(Long.parseUnsignedLong(value.asText()))
                        .array();
    }

    /** Two payloads that were worked out from the source, not captured: the map form, and the array form of older versions. */
    @Test
    void bothFormsHaveTheBytesOfTheirVersions() {
        var tokens = IntStream.rangeClosed(1, 8).toArray();
        var digests = new BlockHasher(Algorithm.SHA256, "0").chain(tokens, 4, List.of(), "");
        var content = new KvContent(tokens, digests, "", 0, "");
        var events = List.of(
                content.stored(0, 2, 4, "GPU"),
                new KvEvent.Removed(digests.subList(1, 2), "GPU"),
                new KvEvent.Cleared());
        assertThat(HEX.formatHex(new EventEncoder(true, true).batch(1.25, events, 0)))
                .isEqualTo(
                        "93cb3ff4000000000000938ba474797065ab426c6f636b53746f726564ac626c6f636b5f68617368657392cf8fce057e23bae91dcfad1746592a2b036bb1706172656e745f626c6f636b5f68617368c0a9746f6b656e5f696473980102030405060708aa626c6f636b5f73697a6504a76c6f72615f6964c0a66d656469756da3475055a96c6f72615f6e616d65c0aa65787472615f6b65797392c0c0a967726f75705f69647800b26b765f63616368655f737065635f6b696e64ae66756c6c5f617474656e74696f6e84a474797065ac426c6f636b52656d6f766564ac626c6f636b5f68617368657391cfad1746592a2b036ba66d656469756da3475055a967726f75705f6964780081a474797065b0416c6c426c6f636b73436c656172656400");
        assertThat(HEX.formatHex(new EventEncoder(false, true).batch(1.25, events, 0)))
                .isEqualTo(
                        "93cb3ff4000000000000939bab426c6f636b53746f72656492cf8fce057e23bae91dcfad1746592a2b036bc098010203040506070804c0a3475055c092c0c000ae66756c6c5f617474656e74696f6e94ac426c6f636b52656d6f76656491cfad1746592a2b036ba34750550091b0416c6c426c6f636b73436c656172656400");
    }
}
