package dev.sluice.core.index;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * XXH64 over the bytes of a buffer, heap or direct, without a copy. Own code because it is on the path of every request and
 * the libraries want arrays, addresses or objects of their own; a test holds it to hash4j.
 *
 * <p>Source: the xxHash specification, XXH64 algorithm (github.com/Cyan4973/xxHash, doc/xxhash_spec.md).
 */
public final class Xxh64 {
    private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long P1 = 0x9E3779B185EBCA87L;
    private static final long P2 = 0xC2B2AE3D27D4EB4FL;
    private static final long P3 = 0x165667B19E3779F9L;
    private static final long P4 = 0x85EBCA77C2B2AE63L;
    private static final long P5 = 0x27D4EB2F165667C5L;
    private static final long P1_PLUS_P2 = 0x60EA27EEADC0B5D6L;

    /** Bytes of a block that {@link #chain} takes. */
    static final int BLOCK = 64;

    private Xxh64() {}

    /** Hash of {@code length} bytes from the absolute offset {@code from}. */
    public static long hash(ByteBuffer bytes, int from, int length, long seed) {
        int at = from;
        int end = from + length;
        long hash;
        if (length >= 32) {
            long a = seed + P1 + P2;
            long b = seed + P2;
            long c = seed;
            long d = seed - P1;
            do {
                a = round(a, (long) LONGS.get(bytes, at));
                b = round(b, (long) LONGS.get(bytes, at + 8));
                c = round(c, (long) LONGS.get(bytes, at + 16));
                d = round(d, (long) LONGS.get(bytes, at + 24));
                at += 32;
            } while (at <= end - 32);
            hash = Long.rotateLeft(a, 1) + Long.rotateLeft(b, 7) + Long.rotateLeft(c, 12) + Long.rotateLeft(d, 18);
            hash = merge(merge(merge(merge(hash, a), b), c), d);
        } else {
            hash = seed + P5;
        }
        hash += length;
        for (; at <= end - 8; at += 8) {
            hash = word(hash, (long) LONGS.get(bytes, at));
        }
        if (at <= end - 4) {
            hash ^= Integer.toUnsignedLong((int) INTS.get(bytes, at)) * P1;
            hash = Long.rotateLeft(hash, 23) * P2 + P3;
            at += 4;
        }
        for (; at < end; at++) {
            hash ^= (bytes.get(at) & 0xFFL) * P5;
            hash = Long.rotateLeft(hash, 11) * P1;
        }
        return avalanche(hash);
    }

    /**
     * Chains blocks of {@link #BLOCK} bytes: each one's hash with seed 0, without the loops of {@link #hash}, then the hash of
     * that and the chain's last. Most of the bytes that are hashed come here.
     *
     * <p>Plain {@code getLong} and not the view handle: in a loop of this size the compiler leaves the handle's checks in
     * each of the eight reads, which were a third of the time.
     *
     * @param bytes in little-endian order
     * @param start offset of the first block
     * @param blocks how many
     * @param last the chain's last hash
     * @param to where the hashes go, from {@code at}
     * @return the last hash
     */
    static long chain(ByteBuffer bytes, int start, int blocks, long last, long[] to, int at) {
        long hash = last;
        int from = start;
        for (int i = at; i < at + blocks; i++) {
            long a = round(round(P1_PLUS_P2, bytes.getLong(from)), bytes.getLong(from + 32));
            long b = round(round(P2, bytes.getLong(from + 8)), bytes.getLong(from + 40));
            long c = round(round(0, bytes.getLong(from + 16)), bytes.getLong(from + 48));
            long d = round(round(-P1, bytes.getLong(from + 24)), bytes.getLong(from + 56));
            long id = Long.rotateLeft(a, 1) + Long.rotateLeft(b, 7) + Long.rotateLeft(c, 12) + Long.rotateLeft(d, 18);
            id = avalanche(merge(merge(merge(merge(id, a), b), c), d) + BLOCK);
            hash = hash(id, hash);
            to[i] = hash;
            from += BLOCK;
        }
        return hash;
    }

    /** Hash of ints, little-endian, with seed 0: what {@link #hash} gives for their bytes. */
    public static long hash(int[] words, int from, int count) {
        if (count == 16) {
            return hash16(words, from);
        }
        int at = from;
        int end = from + count;
        long hash;
        if (count >= 8) {
            long a = P1_PLUS_P2;
            long b = P2;
            long c = 0;
            long d = -P1;
            do {
                a = round(a, pair(words, at));
                b = round(b, pair(words, at + 2));
                c = round(c, pair(words, at + 4));
                d = round(d, pair(words, at + 6));
                at += 8;
            } while (at <= end - 8);
            hash = Long.rotateLeft(a, 1) + Long.rotateLeft(b, 7) + Long.rotateLeft(c, 12) + Long.rotateLeft(d, 18);
            hash = merge(merge(merge(merge(hash, a), b), c), d);
        } else {
            hash = P5;
        }
        hash += 4L * count;
        for (; at <= end - 2; at += 2) {
            hash = word(hash, pair(words, at));
        }
        if (at < end) {
            hash ^= Integer.toUnsignedLong(words[at]) * P1;
            hash = Long.rotateLeft(hash, 23) * P2 + P3;
        }
        return avalanche(hash);
    }

    private static long hash16(int[] words, int at) {
        Objects.checkFromIndexSize(at, 16, words.length);
        long a = round(round(P1_PLUS_P2, pair(words, at)), pair(words, at + 8));
        long b = round(round(P2, pair(words, at + 2)), pair(words, at + 10));
        long c = round(round(0, pair(words, at + 4)), pair(words, at + 12));
        long d = round(round(-P1, pair(words, at + 6)), pair(words, at + 14));
        long hash = Long.rotateLeft(a, 1) + Long.rotateLeft(b, 7) + Long.rotateLeft(c, 12) + Long.rotateLeft(d, 18);
        return avalanche(merge(merge(merge(merge(hash, a), b), c), d) + 64);
    }

    private static long pair(int[] words, int at) {
        return (words[at] & 0xFFFFFFFFL) | (long) words[at + 1] << 32;
    }

    /** Hash of two words, little-endian, with seed 0: what {@link #hash} gives for their 16 bytes. */
    public static long hash(long first, long second) {
        return avalanche(word(word(P5 + 16, first), second));
    }

    /** Hash of a text's UTF-8 bytes. */
    public static long hash(String text, long seed) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return hash(ByteBuffer.wrap(bytes), 0, bytes.length, seed);
    }

    private static long round(long lane, long word) {
        return Long.rotateLeft(lane + word * P2, 31) * P1;
    }

    private static long merge(long hash, long lane) {
        return (hash ^ round(0, lane)) * P1 + P4;
    }

    private static long word(long hash, long word) {
        return Long.rotateLeft(hash ^ round(0, word), 27) * P1 + P4;
    }

    private static long avalanche(long h) {
        long hash = (h ^ h >>> 33) * P2;
        hash = (hash ^ hash >>> 29) * P3;
        return hash ^ hash >>> 32;
    }
}
