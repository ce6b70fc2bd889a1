package dev.sluice.gateway.tenant;

/**
 * Who makes a request.
 *
 * @param tenant of whom; {@link Tenant#EVERYBODY} where nobody is known
 * @param keyId which of its keys, or {@code issuer:subject} of its token; empty without one
 */
public record Caller(Tenant tenant, String keyId, Verdict verdict) {
    /** Everybody, where there are no tenants. */
    public static final Caller EVERYBODY = new Caller(Tenant.EVERYBODY, "", Verdict.WELCOME);
    /** No key came. */
    static final Caller MISSING = new Caller(Tenant.EVERYBODY, "", Verdict.MISSING);
    /** A key came that nobody has. */
    static final Caller UNKNOWN = new Caller(Tenant.EVERYBODY, "", Verdict.UNKNOWN);
    /** A token came that nobody can check now. */
    static final Caller UNCHECKED = new Caller(Tenant.EVERYBODY, "", Verdict.UNCHECKED);

    /** What becomes of its request. */
    public enum Verdict {
        /** It goes on. */
        WELCOME,
        /** There is no key, and one is needed. */
        MISSING,
        /** The key is nobody's, or no longer valid. */
        UNKNOWN,
        /** The token is more than one tenant's. */
        SHARED,
        /** The token's issuer can't be asked for its keys. */
        UNCHECKED,
        /** The tenant's file is broken and was never good: nobody knows what it may do. */
        BROKEN
    }
}
