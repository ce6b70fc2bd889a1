package dev.sluice.gateway;

import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes the ids of exchanges: {@code slc-} and 32 hex digits, 64 random bits of this process and a scrambled counter.
 * Unique over processes without asking anyone, and not guessable from one another's order.
 */
final class ExchangeId {
    private static final byte[] HEX = "0123456789abcdef".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    private static final long ODD = 0x9E3779B97F4A7C15L;

    private final long process = new SecureRandom().nextLong();
    private final long secret = new SecureRandom().nextLong();
    private final AtomicLong counter = new AtomicLong(new SecureRandom().nextLong());

    /** The next number; also the seed of the exchange's random choices. */
    long next() {
        return counter.getAndAdd(ODD);
    }

    /** The id of a number. */
    String text(long number) {
        byte[] text = new byte[36];
        text[0] = 's';
        text[1] = 'l';
        text[2] = 'c';
        text[3] = '-';
        hex(process, text, 4);
        hex(mix(number), text, 20);
        return new String(text, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    private static void hex(long value, byte[] to, int at) {
        long rest = value;
        for (int i = 0; i < 16; i++) {
            to[at + i] = HEX[(int) (rest >>> 60)];
            rest <<= 4;
        }
    }

    /** A number from 0 up, different for each attempt of each exchange, and not to be guessed from its id. */
    long random(long number, int attempt) {
        return mix(secret ^ mix(number + attempt * ODD)) >>> 1;
    }

    /** A bijection, so that different numbers stay different (finaliser of SplitMix64). */
    private static long mix(long z) {
        long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }
}
