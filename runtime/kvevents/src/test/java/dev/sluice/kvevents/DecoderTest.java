package dev.sluice.kvevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.core.kv.BlockIndex;
import dev.sluice.core.kv.BlockKeys;
import dev.sluice.core.kv.KvBatch;
import dev.sluice.core.kv.KvEvent;
import dev.sluice.core.kv.KvEventSink.Oddity;
import dev.sluice.core.kv.Match;
import dev.sluice.core.kv.Tier;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;

class DecoderTest {
    private static final String NEW_FORM = "93cb3ff4000000000000938ba474797065ab426c6f636b53746f726564ac626c6f636b5f"
            + "68617368657392cf8fce057e23bae91dcfad1746592a2b036bb1706172656e745f626c6f636b5f68617368c0a9746f6b656e5f69"
            + "6473980102030405060708aa626c6f636b5f73697a6504a76c6f72615f6964c0a66d656469756da3475055a96c6f72615f6e616d"
            + "65c0aa65787472615f6b65797392c0c0a967726f75705f69647800b26b765f63616368655f737065635f6b696e64ae66756c6c5f"
            + "617474656e74696f6e84a474797065ac426c6f636b52656d6f766564ac626c6f636b5f68617368657391cfad1746592a2b036ba6"
            + "6d656469756da3475055a967726f75705f6964780081a474797065b0416c6c426c6f636b73436c656172656400";
    private static final String OLD_FORM = "93cb3ff4000000000000939bab426c6f636b53746f72656492cf8fce057e23bae91dcfad17"
            + "46592a2b036bc098010203040506070804c0a3475055c092c0c000ae66756c6c5f617474656e74696f6e94ac426c6f636b52656d"
            + "6f76656491cfad1746592a2b036ba34750550091b0416c6c426c6f636b73436c656172656400";
    private static final String SGLANG = "93cb40290000000000009387a474797065ab426c6f636b53746f726564ac626c6f636b5f6861"
            + "7368657392ff02b1706172656e745f626c6f636b5f68617368c0a9746f6b656e5f6964739401020304aa626c6f636b5f73697a6502"
            + "a76c6f72615f6964c0a66d656469756da347505583a474797065ac426c6f636b52656d6f766564ac626c6f636b5f68617368657391"
            + "ffa66d656469756da347505581a474797065b0416c6c426c6f636b73436c656172656404";

    private final Told told = new Told();
    private final Decoder decoder = new Decoder(told::count);

    private KvBatch decode(String hex) throws Malformed {
        return decoder.decode(5, Captures.hex(hex));
    }

    @Test
    void mapsAndArraysSayTheSame() throws Exception {
        for (String form : List.of(NEW_FORM, OLD_FORM)) {
            KvBatch batch = decode(form);
            assertThat(batch.sequence()).isEqualTo(5);
            assertThat(batch.seconds()).isEqualTo(1.25);
            assertThat(batch.events()).hasSize(3);
            KvEvent.Stored stored = (KvEvent.Stored) batch.events().get(0);
            assertThat(stored.hashes())
                    .containsExactly(
                            Long.parseUnsignedLong("10362225831949560093"),
                            Long.parseUnsignedLong("12472515041799373675"));
            assertThat(stored.parent()).isEmpty();
            assertThat(stored.tokens()).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
            assertThat(stored.blockSize()).isEqualTo(4);
            assertThat(stored.tier()).isEqualTo(Tier.GPU);
            assertThat(stored.extras()).isEmpty();
            KvEvent.Removed removed = (KvEvent.Removed) batch.events().get(1);
            assertThat(removed.hashes()).containsExactly(Long.parseUnsignedLong("12472515041799373675"));
            assertThat(batch.events().get(2)).isEqualTo(new KvEvent.Cleared());
        }
        assertThat(told.count(Oddity.MALFORMED)).isZero();
    }

    @Test
    void sglangsEventsAreUnderstood() throws Exception {
        KvBatch batch = decode(SGLANG);
        KvEvent.Stored stored = (KvEvent.Stored) batch.events().get(0);
        assertThat(stored.hashes()).containsExactly(-1L, 2L);
        assertThat(stored.blockSize()).isEqualTo(2);
        assertThat(((KvEvent.Removed) batch.events().get(1)).hashes()).containsExactly(-1L);
    }

    @Test
    void anEmptyBatchIsABatch() throws Exception {
        assertThat(decode("93cb40140000000000009000").events()).isEmpty();
        assertThat(decode("92cb401400000000000090").events()).isEmpty();
    }

    /** What was captured, batch for batch, through the index; counted independently when the capture was taken apart. */
    @Test
    void aRealServersEventsAddUp() throws Exception {
        BlockIndex index = new BlockIndex(1, 100_000);
        int lane = index.open(100_000);
        for (String line : Captures.lines("events.txt")) {
            String[] parts = line.split(" ");
            for (KvEvent event : decode(parts[1]).events()) {
                assertThat(index.apply(lane, event)).as("batch %s", parts[0]).isZero();
            }
            if (parts[0].equals("49")) {
                assertThat(index.size(lane)).isEqualTo(276);
            }
        }
        assertThat(index.size(lane)).isEqualTo(115);
        assertThat(told.count(Oddity.MALFORMED)).isZero();
        assertThat(told.count(Oddity.IGNORED)).isZero();
    }

    /** The same prompts on two servers with other algorithms, seeds and forms of hashes have the same keys of ours. */
    @Test
    void promptsOfTheVectorsAreFoundWhateverTheEngineHashes() throws Exception {
        for (String file : List.of("vectors-cbor-seed0.json", "vectors-pickle-seed-unset-bytes.json")) {
            for (JsonNode vector : Captures.json(file)) {
                if (!vector.has("frames_hex")) {
                    continue;
                }
                BlockIndex index = new BlockIndex(1, 100_000);
                int lane = index.open(1000);
                for (JsonNode frames : vector.get("frames_hex")) {
                    decode(frames.get(2).textValue()).events().forEach(event -> index.apply(lane, event));
                }
                int[] tokens = IntStream.range(0, vector.get("tokens").size())
                        .map(i -> vector.get("tokens").get(i).intValue())
                        .toArray();
                String salt = vector.get("request").path("cache_salt").asText("");
                long[] extras = salt.isEmpty() ? new long[0] : new long[] {BlockKeys.extra(salt, 0)};
                long[] keys = index.keys()
                        .of(tokens, tokens.length, vector.get("block_size").intValue(), "", extras);
                assertThat(keys).isNotEmpty();
                assertThat(index.match(keys, keys.length, new Match()))
                        .as("%s of %s", vector.get("case"), file)
                        .isEqualTo(keys.length);
            }
        }
    }

    @Test
    void adaptersAndSaltsAreToldApart() throws Exception {
        KvEvent.Stored both =
                (KvEvent.Stored) decode(extras("alpha", new String[] {"alpha", "tenant-1"}, new String[] {"alpha"}))
                        .events()
                        .getFirst();
        assertThat(both.adapter()).isEqualTo("alpha");
        assertThat(both.extras()).containsExactly(BlockKeys.extra("tenant-1", 0), 0);
        KvEvent.Stored plain = (KvEvent.Stored) decode(extras("alpha", new String[] {"alpha"}, new String[] {"alpha"}))
                .events()
                .getFirst();
        assertThat(plain.extras()).isEmpty();
        KvEvent.Stored same =
                (KvEvent.Stored) decode(extras("alpha", new String[] {"alpha", "alpha"}, new String[] {"alpha"}))
                        .events()
                        .getFirst();
        assertThat(same.extras()).containsExactly(BlockKeys.extra("alpha", 0), 0);
    }

    private static String extras(String adapter, String[]... blocks) throws Exception {
        try (MessageBufferPacker out = MessagePack.newDefaultBufferPacker()) {
            out.packArrayHeader(3).packDouble(1).packArrayHeader(1).packMapHeader(7);
            out.packString("type")
                    .packString("BlockStored")
                    .packString("block_hashes")
                    .packArrayHeader(blocks.length);
            for (int i = 0; i < blocks.length; i++) {
                out.packInt(i + 1);
            }
            out.packString("parent_block_hash")
                    .packNil()
                    .packString("token_ids")
                    .packArrayHeader(blocks.length);
            for (int i = 0; i < blocks.length; i++) {
                out.packInt(i);
            }
            out.packString("block_size").packInt(1).packString("lora_name").packString(adapter);
            out.packString("extra_keys").packArrayHeader(blocks.length);
            for (String[] items : blocks) {
                out.packArrayHeader(items.length);
                for (String item : items) {
                    out.packString(item);
                }
            }
            out.packInt(0);
            return java.util.HexFormat.of().formatHex(out.toByteArray());
        }
    }

    @Test
    void layersWithAWindowAreLeftOut() throws Exception {
        String window = NEW_FORM.replace("66756c6c5f617474656e74696f6e", "736c6964696e675f77696e646f77");
        KvBatch batch = decode(window);
        assertThat(batch.events()).containsExactly(new KvEvent.Cleared());
        assertThat(told.count(Oddity.IGNORED)).isEqualTo(2);
    }

    @Test
    void aBadEventIsLeftOutAndTheRestCounts() throws Exception {
        String bad = NEW_FORM.replace("aa626c6f636b5f73697a6504", "aa626c6f636b5f73697a6503");
        assertThat(decode(bad).events()).hasSize(2);
        assertThat(told.count(Oddity.MALFORMED)).isEqualTo(1);
    }

    @Test
    void removalsThatFollowEachOtherAreOne() throws Exception {
        String two = "92cb4014000000000000"
                + "92"
                + "92ac426c6f636b52656d6f76656491" + "01"
                + "92ac426c6f636b52656d6f76656492" + "0203";
        KvBatch batch = decode(two);
        assertThat(batch.events()).hasSize(1);
        assertThat(((KvEvent.Removed) batch.events().getFirst()).hashes()).containsExactly(1, 2, 3);
    }

    @Test
    void whatIsNoBatchIsRefused() {
        for (String hex :
                List.of("", "c0", "90", "91cb4014000000000000", "93c0c0c0", "93cb401400000000000001", "a3616263")) {
            assertThatThrownBy(() -> decode(hex)).as(hex).isInstanceOf(Malformed.class);
        }
    }

    @Test
    void aLengthThatDoesNotFitIsNotBelieved() {
        assertThatThrownBy(() -> decode("93cb4014000000000000dd7fffffff")).isInstanceOf(Malformed.class);
        assertThatThrownBy(() -> decode("dfffffffff")).isInstanceOf(Malformed.class);
    }
}
