package dev.sluice.simulator.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.simulator.events.BlockHasher.Algorithm;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BlockHasherTest {
    private static final HexFormat HEX = HexFormat.of();

    static Stream<JsonNode> vectors() throws IOException {
        var all = new ArrayList<JsonNode>();
        for (var file : List.of("vectors-cbor-seed0.json", "vectors-pickle-seed-unset-bytes.json")) {
            try (var in = BlockHasherTest.class.getResourceAsStream("/vllm/hash/" + file)) {
                new ObjectMapper().readTree(in).forEach(all::add);
            }
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void digestsAreThoseThatARealServerPublished(JsonNode vector) {
        var seed = vector.path("PYTHONHASHSEED").asText();
        var hasher = new BlockHasher(Algorithm.of(vector.path("algo").asText()), seed.equals("unset") ? "" : seed);
        assertThat(HEX.formatHex(hasher.root())).isEqualTo(vector.path("root").asText());
        var tokens = IntStream.range(0, vector.path("tokens").size())
                .map(i -> vector.path("tokens").path(i).asInt())
                .toArray();
        var lora = vector.hasNonNull("lora_path")
                ? List.of(
                        vector.path("request").path("model").asText(),
                        vector.path("lora_path").asText())
                : List.<String>of();
        var salt = vector.path("request").path("cache_salt").asText("");
        var size = vector.path("block_size").asInt();
        var digests = hasher.chain(tokens, size, lora, salt);
        assertThat(digests.stream().map(HEX::formatHex).toList())
                .isEqualTo(IntStream.range(0, vector.path("digests").size())
                        .mapToObj(i -> vector.path("digests").path(i).asText())
                        .toList());
        var values = vector.path("event_values");
        for (var i = 0; i < values.size(); i++) {
            if (values.path(i).isIntegralNumber()) {
                assertThat(Long.toUnsignedString(BlockHasher.number(digests.get(i))))
                        .isEqualTo(values.path(i).asText());
            }
        }
        var extra = new ArrayList<List<String>>();
        if (!lora.isEmpty()) {
            extra.add(List.of("lora", lora.get(0), lora.get(1)));
        }
        if (!salt.isEmpty()) {
            extra.add(List.of("cache_salt", salt));
        }
        assertThat(HEX.formatHex(hasher.preimage(hasher.root(), tokens, 0, size, extra)))
                .isEqualTo(vector.path("first_block_preimage_hex").asText());
    }

    /** Published vectors without extra keys, which have not changed since they were made from vLLM 0.22. */
    @Test
    void plainDigestsAreThePublishedOnes() {
        var eight = IntStream.rangeClosed(1, 8).toArray();
        assertThat(hex(Algorithm.SHA256_CBOR, "0", eight, 4))
                .containsExactly(
                        "c9d58ba695280d69b243e1e0df813136ca9196b286fb1a021e0b2e028ef071cb",
                        "24125b23e68883b5c2141db2959d48433fe6bde2f26bd914efad121d154ab2d6");
        assertThat(hex(Algorithm.SHA256, "0", eight, 4))
                .containsExactly(
                        "762b2e7e1520febd3a0aedb7358e8602facf3924440e18538fce057e23bae91d",
                        "9e62b5a7ec298f33cb4c7d9e00b659874bb2432d23ad6879ad1746592a2b036b");
        assertThat(Long.toUnsignedString(BlockHasher.number(
                        HEX.parseHex("762b2e7e1520febd3a0aedb7358e8602facf3924440e18538fce057e23bae91d"))))
                .isEqualTo("10362225831949560093");
        var odd = new int[] {-2147483648, -257, -256, -25, -24, -1, 0, 23, 24, 255, 256, 2147483647};
        assertThat(hex(Algorithm.SHA256_CBOR, "0", odd, 12))
                .containsExactly("d4e5cc975a84b5ae7299d36910284bf256ea1eade2689dba6391b08d86e006d7");
        assertThat(hex(Algorithm.SHA256, "0", new int[] {-2147483648, -1, 0, 255, 256, 65535, 65536, 2147483647}, 8))
                .containsExactly("6c9e5f944f0a93319b3ba9478115a9447de2f6d4ef1cd1c0b19a7ebd607353e8");
        assertThat(hex(Algorithm.SHA256, "0", new int[] {7}, 1))
                .containsExactly("4e7493abc7315520e17ce180ee400439b7dc83e7406fb239462766705eb058c8");
        assertThat(hex(Algorithm.SHA256, "0", new int[] {7, 8}, 2))
                .containsExactly("aa9e79304bb6921235ea2e187b25f9bb43d9044ec232e3d1c07d7e21e51e64ee");
        assertThat(hex(Algorithm.SHA256, "0", new int[] {7, 8, 9}, 3))
                .containsExactly("6368e68a46c970c8ec2ebab3eb9d2fe7ddc2730165bb64d698aaed2907396794");
        var long128 = IntStream.rangeClosed(1, 128).toArray();
        assertThat(hex(Algorithm.SHA256_CBOR, "0", long128, 64))
                .containsExactly(
                        "92a056d1dd9aba6214118499ff4739c08aff20498fff20bb13b7ebe0afeef270",
                        "7aaffaf583e6aaf128994ed8491aafb385d2ea868ada5d085d9d3dd10acac4f8");
        assertThat(HEX.formatHex(new BlockHasher(Algorithm.SHA256, "00").root()))
                .isEqualTo("67c61e0f70ad5d3fc0eacb59744008ac6f2a8bd2edad43540a743eaf0fb4993c");
    }

    private static List<String> hex(Algorithm algorithm, String seed, int[] tokens, int size) {
        return new BlockHasher(algorithm, seed)
                .chain(tokens, size, List.of(), "").stream().map(HEX::formatHex).toList();
    }

    @Test
    void anUnknownAlgorithmIsNamed() {
        assertThatThrownBy(() -> Algorithm.of("xxhash")).hasMessageContaining("xxhash");
    }
}
