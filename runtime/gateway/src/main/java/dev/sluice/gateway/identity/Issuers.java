package dev.sluice.gateway.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.BadJWTException;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import dev.sluice.gateway.config.IdentityConfig;
import dev.sluice.gateway.identity.Checked.Bad;
import dev.sluice.gateway.identity.Checked.Known;
import dev.sluice.gateway.identity.Checked.Unchecked;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Checks tokens: JWT (RFC 7519) signed by one of the issuers, by the rules of RFC 8725: the algorithms are ours to choose, keys come
 * from the issuer's configured address only ({@code jku}, {@code x5u} and {@code jwk} of a token are not looked at), issuer, audience
 * and expiry are required. A token that was good stays so for five minutes at most, or until it expires or the issuer's keys
 * change, without its signature being computed again.
 */
public final class Issuers implements AutoCloseable {
    private static final Duration REMEMBERED = Duration.ofMinutes(5);
    private static final int MOST_REMEMBERED = 10_000;
    /** An issuer may have several keys without names; more are not tried. */
    private static final int MOST_KEYS = 8;
    /** Types of RFC 7519 and RFC 9068. */
    private static final Set<String> TYPES = Set.of("JWT", "AT+JWT", "APPLICATION/AT+JWT");

    private final List<Issuer> issuers = new ArrayList<>();
    private final Cache<ByteBuffer, Good> good = Caffeine.newBuilder()
            .maximumSize(MOST_REMEMBERED)
            .expireAfterWrite(REMEMBERED)
            .build();

    private record Good(Known known, Instant until) {}

    /** One issuer, and what its tokens must claim. */
    private record Issuer(
            IdentityConfig.Issuer config, IssuerKeys keys, DefaultJWTClaimsVerifier<SecurityContext> claims) {}

    private Issuers(List<IdentityConfig.Issuer> list, LongSupplier nanos) {
        for (IdentityConfig.Issuer issuer : list) {
            DefaultJWTClaimsVerifier<SecurityContext> claims = new DefaultJWTClaimsVerifier<>(
                    issuer.audience(),
                    new JWTClaimsSet.Builder().issuer(issuer.iss()).build(),
                    Set.of("exp"));
            claims.setMaxClockSkew((int) issuer.skew().toSeconds());
            issuers.add(new Issuer(issuer, new IssuerKeys(issuer, nanos, good::invalidateAll), claims));
        }
    }

    /** Those of a configuration. */
    public static Issuers of(IdentityConfig config) {
        return of(config, System::nanoTime);
    }

    /** The same with a clock for how old keys are, ns. */
    static Issuers of(IdentityConfig config, LongSupplier nanos) {
        return new Issuers(config.issuers(), nanos);
    }

    /** Whether what came as a key may be a token: three parts, of which the first is an object in Base64. */
    public static boolean mayBe(String key) {
        if (!key.startsWith("eyJ")) {
            return false;
        }
        int first = key.indexOf('.');
        int second = key.indexOf('.', first + 1);
        return first > 0 && second > 0 && key.indexOf('.', second + 1) < 0;
    }

    /** Whom a token speaks for. May wait for its issuer's keys, 4 s at most. */
    public Checked check(String token) {
        ByteBuffer digest = digest(token);
        Good before = good.getIfPresent(digest);
        if (before != null && Instant.now().isBefore(before.until)) {
            return before.known;
        }
        SignedJWT jwt;
        JWTClaimsSet claims;
        try {
            jwt = SignedJWT.parse(token);
            claims = jwt.getJWTClaimsSet();
        } catch (ParseException | IllegalArgumentException | IllegalStateException no) {
            return new Bad("it is no signed JWT");
        }
        String iss = claims.getIssuer();
        Checked last = new Bad("its issuer is not one of ours");
        for (Issuer issuer : issuers) {
            if (issuer.config.iss().equals(iss)) {
                last = check(issuer, jwt, claims);
                if (last instanceof Known known) {
                    good.put(digest, new Good(known, until(claims, issuer.config.skew())));
                    return known;
                }
            }
        }
        return last;
    }

    private static Instant until(JWTClaimsSet claims, Duration skew) {
        return claims.getExpirationTime().toInstant().plus(skew);
    }

    private Checked check(Issuer issuer, SignedJWT jwt, JWTClaimsSet claims) {
        JWSHeader header = jwt.getHeader();
        if (!issuer.config.algorithms().contains(header.getAlgorithm().getName())) {
            return new Bad("its signature's algorithm does not count");
        }
        JOSEObjectType type = header.getType();
        if (type != null && !TYPES.contains(type.getType().toUpperCase(java.util.Locale.ROOT))) {
            return new Bad("it is of another type");
        }
        try {
            issuer.claims.verify(claims, null);
        } catch (BadJWTException wrong) {
            return new Bad("its claims do not hold: " + wrong.getMessage());
        }
        Optional<JWKSet> keys = issuer.keys.keys();
        List<JWK> fitting = keys.map(set -> fitting(set, header)).orElse(List.of());
        if (fitting.isEmpty()) {
            keys = issuer.keys.newer();
            fitting = keys.map(set -> fitting(set, header)).orElse(List.of());
        }
        if (keys.isEmpty()) {
            return new Unchecked(issuer.config.name());
        }
        if (fitting.stream().limit(MOST_KEYS).noneMatch(key -> signed(jwt, key))) {
            return new Bad("none of the issuer's keys has signed it");
        }
        String subject = claims.getSubject() == null ? "" : claims.getSubject();
        Identity identity = new Identity(issuer.config.name(), subject, claims.getClaims());
        return new Known(issuer.config.kubernetes() ? identity.ofCluster() : identity);
    }

    private static List<JWK> fitting(JWKSet keys, JWSHeader header) {
        @Nullable JWKMatcher matcher = JWKMatcher.forJWSHeader(header);
        return matcher == null ? List.of() : new JWKSelector(matcher).select(keys);
    }

    private static boolean signed(SignedJWT jwt, JWK key) {
        try {
            return key instanceof AsymmetricJWK pair
                    && jwt.verify(
                            new DefaultJWSVerifierFactory().createJWSVerifier(jwt.getHeader(), pair.toPublicKey()));
        } catch (JOSEException | IllegalStateException unfit) {
            return false;
        }
    }

    private static ByteBuffer digest(String token) {
        try {
            return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256")
                    .digest(token.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    @Override
    public void close() {
        issuers.forEach(issuer -> issuer.keys.close());
    }
}
