package dev.sluice.gateway.tenant;

import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All tenants at one moment: immutable, swapped as a whole, so that no request sees a mix.
 *
 * <p>A key is found by its digest, not by what stands in it. The digest of what somebody sends is as good as random to him, so
 * how long a search among digests takes tells nothing about the keys; the one digest that is found is compared in constant time.
 * Keys that were made elsewhere work as well. One SHA-256 and a binary search over numbers is all that a request pays.
 */
public final class Tenants {
    /** Nobody is asked for a key. */
    public static final Tenants OPEN =
            new Tenants(true, Optional.of(Caller.EVERYBODY), List.of(), List.of(), new TokenRules(Optional.empty()));

    private final boolean open;
    private final Caller withoutKey;
    private final long[] heads;
    private final Entry[] entries;
    private final TokenRules tokens;
    private final Map<String, Tenant> byName = new TreeMap<>();

    /** A key that counts. */
    record Entry(byte[] digest, @Nullable Instant expires, Caller caller) {
        long head() {
            return Tenants.head(digest);
        }
    }

    private Tenants(
            boolean open, Optional<Caller> anonymous, List<Tenant> tenants, List<Entry> keys, TokenRules tokens) {
        this.tokens = tokens;
        this.open = open;
        this.withoutKey = anonymous.orElse(Caller.MISSING);
        anonymous.map(Caller::tenant).ifPresent(tenant -> byName.put(tenant.name(), tenant));
        tenants.forEach(tenant -> byName.put(tenant.name(), tenant));
        this.entries =
                keys.stream().sorted((a, b) -> Long.compare(a.head(), b.head())).toArray(Entry[]::new);
        this.heads = Arrays.stream(entries).mapToLong(Entry::head).toArray();
    }

    static Tenants of(Optional<Tenant> anonymous, List<Tenant> tenants, List<Entry> keys, TokenRules tokens) {
        return new Tenants(
                false, anonymous.map(tenant -> new Caller(tenant, "", Caller.Verdict.WELCOME)), tenants, keys, tokens);
    }

    private static long head(byte[] digest) {
        long head = 0;
        for (int i = 0; i < 8; i++) {
            head = head << 8 | (digest[i] & 0xff);
        }
        return head;
    }

    /** Whether nobody needs a key: then nobody is looked for. */
    public boolean open() {
        return open;
    }

    /** Whether requests without a key are let in. */
    public boolean anonymous() {
        return withoutKey.verdict() == Caller.Verdict.WELCOME;
    }

    /**
     * Who sends this. Waits for the keys of a token's issuer where they must be read first.
     *
     * @param key what came as a key, or a token; empty for none
     */
    public Caller caller(String key) {
        if (open || key.isEmpty()) {
            return withoutKey;
        }
        byte[] digest = ApiKey.digest(key);
        long head = head(digest);
        int at = Arrays.binarySearch(heads, head);
        if (at < 0) {
            return tokens.caller(key);
        }
        Entry entry = entries[at];
        boolean same = MessageDigest.isEqual(entry.digest, digest);
        boolean expired = entry.expires != null && !Instant.now().isBefore(entry.expires);
        return same && !expired ? entry.caller : Caller.UNKNOWN;
    }

    /** A tenant that is in force. */
    public Optional<Tenant> tenant(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** All that are in force, by name. */
    public List<Tenant> all() {
        return List.copyOf(byName.values());
    }
}
