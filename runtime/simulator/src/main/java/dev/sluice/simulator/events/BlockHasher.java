package dev.sluice.simulator.events;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * vLLM's block hashes: SHA-256 over the serialised tuple of parent digest, token ids and extra keys, chained from a root that is
 * the hash of a seed. Extra keys are tagged since 0.32: {@code ("lora", name, path)} in every block and
 * {@code ("cache_salt", salt)} in the first. {@code xxhash} variants are left out.
 */
public final class BlockHasher {
    /** What the root is made of where {@code PYTHONHASHSEED} is not set. */
    public static final String NO_SEED = "vllm-none-hash";

    /** {@code --prefix-caching-hash-algo}. */
    public enum Algorithm {
        /** Over Python's pickle; vLLM's default. */
        SHA256("sha256"),
        /** Over canonical CBOR. */
        SHA256_CBOR("sha256_cbor");

        private final String word;

        Algorithm(String word) {
            this.word = word;
        }

        /** As vLLM's option calls it. */
        public String word() {
            return word;
        }

        /**
         * The algorithm of this word.
         *
         * @throws IllegalArgumentException when there is none
         */
        public static Algorithm of(String word) {
            for (var algorithm : values()) {
                if (algorithm.word.equals(word)) {
                    return algorithm;
                }
            }
            throw new IllegalArgumentException("prefix-caching-hash-algo is sha256 or sha256_cbor, not " + word);
        }
    }

    private final Serial serial;
    private final byte[] root;

    /**
     * Hashes of one seed.
     *
     * @param seed {@code PYTHONHASHSEED}; empty where it is not set
     */
    public BlockHasher(Algorithm algorithm, String seed) {
        serial = algorithm == Algorithm.SHA256 ? new PickleSerial() : new CborSerial();
        root = digest(serial.text(seed.isEmpty() ? NO_SEED : seed));
    }

    /** The parent of first blocks. */
    public byte[] root() {
        return root.clone();
    }

    /**
     * Digests of all full blocks.
     *
     * @param lora name and path of the adapter, or empty
     * @param salt cache salt, or empty
     */
    public List<byte[]> chain(int[] tokens, int blockSize, List<String> lora, String salt) {
        var digests = new ArrayList<byte[]>(tokens.length / blockSize);
        var parent = root;
        for (var block = 0; block < tokens.length / blockSize; block++) {
            var extra = new ArrayList<List<String>>(2);
            if (!lora.isEmpty()) {
                extra.add(List.of("lora", lora.get(0), lora.get(1)));
            }
            if (!salt.isEmpty() && block == 0) {
                extra.add(List.of("cache_salt", salt));
            }
            parent = digest(serial.block(parent, tokens, block * blockSize, (block + 1) * blockSize, extra));
            digests.add(parent);
        }
        return digests;
    }

    /** What one block is hashed from. */
    byte[] preimage(byte[] parent, int[] tokens, int from, int to, List<List<String>> extra) {
        return serial.block(parent, tokens, from, to, extra);
    }

    /** The number that stands for a digest in events: its last eight bytes. */
    public static long number(byte[] digest) {
        var value = 0L;
        for (var i = digest.length - 8; i < digest.length; i++) {
            value = value << 8 | (digest[i] & 0xff);
        }
        return value;
    }

    static byte[] digest(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
