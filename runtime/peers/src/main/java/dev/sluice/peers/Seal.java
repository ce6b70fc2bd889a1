package dev.sluice.peers;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals and opens what goes over the network: AES-256 in GCM with a key derived from the secret, so that who does not have it can
 * neither read nor make anything. What is sealed is numbered, by a sender that is drawn anew at each start: a second copy is not opened.
 *
 * <p>Layout: nonce (12 bytes, random), then encrypted: sender (8), number (8), the message; then the tag (16). A random nonce is safe for
 * some 2^32 messages of one secret, which is decades of what replicas say.
 *
 * <p>Not JGroups' own SYM_ENCRYPT: it encrypts payloads without authenticating them, and leaves the headers, which say who is a member.
 */
final class Seal {
    private static final int NONCE = 12;
    private static final int TAG = 16;
    private static final int HEAD = 16;
    /** Senders whose numbers are remembered, those that have ended included. */
    private static final int REMEMBERED = 4096;

    private final SecretKeySpec key;
    private final SecureRandom random = new SecureRandom();
    private final long sender = random.nextLong();
    private final AtomicLong number = new AtomicLong();
    private final Map<Long, SeenNumbers> seen = new LinkedHashMap<>();
    private final Consumer<String> refused;

    /**
     * A seal.
     *
     * @param secret that all replicas have
     * @param refused told in a word why something was not opened
     */
    Seal(String secret, Consumer<String> refused) {
        this.refused = refused;
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            key = new SecretKeySpec(mac.doFinal("sluice peers: transport".getBytes(StandardCharsets.UTF_8)), "AES");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HMAC-SHA256", e);
        }
    }

    byte[] seal(byte[] bytes, int offset, int length) {
        byte[] nonce = new byte[NONCE];
        random.nextBytes(nonce);
        ByteBuffer head = ByteBuffer.allocate(HEAD);
        head.putLong(sender).putLong(number.incrementAndGet());
        byte[] sealed = new byte[NONCE + HEAD + length + TAG];
        System.arraycopy(nonce, 0, sealed, 0, NONCE);
        try {
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, nonce);
            int at = NONCE + cipher.update(head.array(), 0, HEAD, sealed, NONCE);
            cipher.doFinal(bytes, offset, length, sealed, at);
            return sealed;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has AES in GCM", e);
        }
    }

    /** What was sealed; empty, and told, when it was not sealed with this key, or has been opened before. */
    Optional<byte[]> open(byte[] bytes, int offset, int length) {
        if (length < NONCE + HEAD + TAG) {
            refused.accept("forged");
            return Optional.empty();
        }
        byte[] nonce = new byte[NONCE];
        System.arraycopy(bytes, offset, nonce, 0, NONCE);
        byte[] opened;
        try {
            opened = cipher(Cipher.DECRYPT_MODE, nonce).doFinal(bytes, offset + NONCE, length - NONCE);
        } catch (GeneralSecurityException e) {
            refused.accept("forged");
            return Optional.empty();
        }
        ByteBuffer head = ByteBuffer.wrap(opened, 0, HEAD);
        if (!first(head.getLong(), head.getLong())) {
            refused.accept("replayed");
            return Optional.empty();
        }
        byte[] message = new byte[opened.length - HEAD];
        System.arraycopy(opened, HEAD, message, 0, message.length);
        return Optional.of(message);
    }

    private Cipher cipher(int mode, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(8 * TAG, nonce));
        return cipher;
    }

    private boolean first(long from, long which) {
        synchronized (seen) {
            SeenNumbers its = seen.remove(from);
            if (its == null) {
                its = new SeenNumbers();
            }
            seen.put(from, its); // the last to be forgotten
            if (seen.size() > REMEMBERED) {
                seen.remove(seen.keySet().iterator().next());
            }
            return its.first(which);
        }
    }
}
