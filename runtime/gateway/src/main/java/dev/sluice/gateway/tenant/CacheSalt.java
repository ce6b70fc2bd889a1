package dev.sluice.gateway.tenant;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes the {@code cache_salt} that engines mix into the hash of a prompt's first block: prompts of two tenants never share a
 * cached block, so that nobody can tell by the time of an answer what another has asked. HMAC-SHA256 with a secret of the
 * gateway: who knows tenants' names can't make their salts.
 */
public final class CacheSalt {
    private final SecretKeySpec key;
    private final int epoch;

    /**
     * Salts of one secret.
     *
     * @param secret empty: a random one
     * @param epoch another number makes all salts new
     */
    public CacheSalt(Optional<String> secret, int epoch) {
        byte[] bytes = secret.map(text -> text.getBytes(StandardCharsets.UTF_8)).orElseGet(() -> {
            byte[] random = new byte[32];
            new SecureRandom().nextBytes(random);
            return random;
        });
        this.key = new SecretKeySpec(bytes, "HmacSHA256");
        this.epoch = epoch;
    }

    /**
     * The salt of a tenant, or of a group of tenants; 64 hexadecimal digits.
     *
     * @param kind {@code tenant} or {@code group}: a group that is named like a tenant is not that tenant
     */
    String of(String kind, String name, int tenantEpoch) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            String said = kind + '\0' + name + '\0' + epoch + '\0' + tenantEpoch;
            return HexFormat.of().formatHex(mac.doFinal(said.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HMAC-SHA256", e);
        }
    }
}
