package dev.sluice.gateway.tenant;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;

/** API keys: {@code sk-slc-<id>-<random>}, 256 random bits. Only their SHA-256 is ever stored: so long a secret needs no slow hash. */
public final class ApiKey {
    private static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    /** Digits of base 62 that hold 256 bits. */
    private static final int LENGTH = 43;

    private ApiKey() {}

    /** Makes a key. */
    public static String make(String id) {
        SecureRandom random = new SecureRandom();
        StringBuilder key = new StringBuilder("sk-slc-").append(id).append('-');
        for (int i = 0; i < LENGTH; i++) {
            key.append(DIGITS.charAt(random.nextInt(DIGITS.length())));
        }
        return key.toString();
    }

    /** An id that nobody has chosen. */
    public static String anyId() {
        return "k" + HexFormat.of().toHexDigits(new SecureRandom().nextInt());
    }

    /** SHA-256 of a key as a tenant file names it. */
    public static String hash(String key) {
        return HexFormat.of().formatHex(digest(key));
    }

    static byte[] digest(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.ISO_8859_1));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
