package dev.sluice.core.index;

import dev.sluice.core.scan.BodyScan;
import dev.sluice.core.scan.Places;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;

/**
 * A prompt as a chain of block hashes: block i's hash stands for all bytes of the prompt up to its end.
 *
 * <p>What is hashed are the raw bytes of the body's values that make the prompt, roles and JSON punctuation included, in the
 * order in which templates use them (tools, instructions, then messages or input), wherever they stand in the body. The same
 * JSON text of a conversation gives the same chain, and one message more leaves all full blocks before it as they were. What
 * else changes the prompt (a chat template, its arguments, an earlier response) goes into the start of the chain. An image
 * counts by a digest of its bytes and for a fixed number of tokens, because its bytes say nothing about them. A trailing piece
 * shorter than a block is left out, as engines share full blocks only.
 *
 * <p>The chain is llm-d's ({@code h_i = XXH64(XXH64(block i) ‖ h_{i-1})}): blocks are hashed independently of each other, so a
 * processor overlaps them, and only the last 16 bytes wait for the hash before.
 */
public final class PromptHashes {
    private final long[] hashes;
    private final int count;
    private final long bytes;
    private final int tokens;
    private final int blockBytes;

    private PromptHashes(long[] hashes, int count, long bytes, int tokens, int blockBytes) {
        this.hashes = hashes;
        this.count = count;
        this.bytes = bytes;
        this.tokens = tokens;
        this.blockBytes = blockBytes;
    }

    /**
     * Start of a chain: prompts whose blocks an engine does not share must differ here.
     *
     * @param model the base model
     * @param adapter the LoRA adapter; empty for none
     * @param salt the cache salt; empty for none
     */
    public static long seed(String model, String adapter, String salt) {
        return Xxh64.hash(salt, Xxh64.hash(adapter, Xxh64.hash(model, 0)));
    }

    /** Hashes the prompt of a body. */
    public static PromptHashes of(BodyScan scan, long seed, BlockRules rules) {
        Places parts = scan.segments();
        ByteBuffer body = scan.body();
        long start = scan.previousResponseId().map(id -> Xxh64.hash(id, seed)).orElse(seed);
        long room = 0;
        for (int i = 0; i < parts.count(); i++) {
            if (shapes(scan, parts.kind(i))) {
                start = Xxh64.hash(body, parts.start(i), parts.end(i) - parts.start(i), start);
            } else {
                room += parts.kind(i).media() ? 4L * rules.mediaTokens() : parts.end(i) - parts.start(i);
            }
        }
        Chain chain = new Chain(start, rules.bytes(), (int) Math.min(rules.maxBlocks(), room / rules.bytes()));
        long text = 0;
        long media = 0;
        for (int i = 0; i < parts.count(); i++) {
            int length = parts.end(i) - parts.start(i);
            if (shapes(scan, parts.kind(i))) {
                continue;
            }
            if (parts.kind(i).media()) {
                chain.repeat(Xxh64.hash(body, parts.start(i), length, 0), 4 * rules.mediaTokens());
                media++;
            } else {
                chain.add(body, parts.start(i), parts.end(i));
                text += length;
            }
        }
        double tokens = scan.tokenIds()
                ? scan.tokenCount()
                : Math.ceil(text / rules.bytesPerToken()) + (double) media * rules.mediaTokens();
        return new PromptHashes(chain.hashes, chain.count, chain.bytes, (int) tokens, rules.bytes());
    }

    /** Beside token ids an image has no tokens of its own: its placeholders are among them. */
    private static boolean shapes(BodyScan scan, Places.Kind kind) {
        return kind == Places.Kind.SHAPE || (kind.media() && scan.tokenIds());
    }

    /** The hashes; only the first {@link #count} count. Not to be changed. */
    public long[] hashes() {
        return hashes;
    }

    /** Number of full blocks. */
    public int count() {
        return count;
    }

    /** Bytes of the prompt, an image counted as 4 per token that it is taken for. */
    public long bytes() {
        return bytes;
    }

    /** Tokens of the prompt: exact for token ids, else estimated. */
    public int tokens() {
        return tokens;
    }

    /** Tokens in the first {@code blocks} blocks, in proportion to their bytes; never more than {@link #tokens}. */
    public int tokensIn(int blocks) {
        return bytes == 0 ? 0 : (int) Math.min(tokens, (double) tokens * blocks * blockBytes / bytes);
    }

    /** Full blocks within the first {@code tokens} tokens: the inverse of {@link #tokensIn}, rounded to the nearest. */
    public int blocksIn(int tokens) {
        return this.tokens == 0
                ? 0
                : (int) Math.min(count, Math.round((double) tokens * bytes / this.tokens / blockBytes));
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%d blocks of %d bytes, %d tokens", count, blockBytes, tokens);
    }

    /** The chain while it grows; keeps what does not fill a block for the next piece. */
    static final class Chain {
        long[] hashes;
        int count;
        long bytes;
        private final int size;
        private final ByteBuffer rest;
        private long last;

        Chain(long start, int size, int room) {
            this.last = start;
            this.size = size;
            this.hashes = new long[room];
            this.rest = ByteBuffer.allocate(size);
        }

        void add(ByteBuffer from, int start, int end) {
            bytes += end - start;
            if (count == hashes.length) {
                return;
            }
            int at = start;
            if (rest.position() > 0) {
                int taken = Math.min(rest.remaining(), end - start);
                rest.put(rest.position(), from, start, taken).position(rest.position() + taken);
                if (rest.hasRemaining()) {
                    return;
                }
                rest.clear();
                blocks(rest, 0, size);
                at += taken;
            }
            at = blocks(from, at, end);
            int left = Math.min(end - at, size - 1);
            rest.put(0, from, at, left).position(left);
        }

        /** Adds a word as often as it takes to fill {@code length} bytes. */
        void repeat(long word, int length) {
            if (count == hashes.length) {
                bytes += length;
                return;
            }
            ByteBuffer words = ByteBuffer.allocate(length + 7 & -8);
            while (words.hasRemaining()) {
                words.putLong(word);
            }
            add(words, 0, length);
        }

        /** Adds all full blocks and returns where they end. */
        private int blocks(ByteBuffer from, int start, int end) {
            if (size == Xxh64.BLOCK) {
                ByteBuffer view = from.duplicate().order(ByteOrder.LITTLE_ENDIAN);
                int most = (int) Math.min((end - start) / Xxh64.BLOCK, (long) hashes.length - count);
                last = Xxh64.chain(view, start, most, last, hashes, count);
                count += most;
                return start + most * Xxh64.BLOCK;
            }
            long[] chain = hashes;
            long hash = last;
            int next = count;
            int at = start;
            for (; at <= end - size && next < chain.length; at += size) {
                hash = Xxh64.hash(Xxh64.hash(from, at, size, 0), hash);
                chain[next++] = hash;
            }
            last = hash;
            count = next;
            return at;
        }

        long[] hashes() {
            return Arrays.copyOf(hashes, count);
        }
    }
}
