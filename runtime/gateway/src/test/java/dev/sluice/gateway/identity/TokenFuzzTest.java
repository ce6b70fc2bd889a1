package dev.sluice.gateway.identity;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.sluice.gateway.config.IdentityConfig;
import dev.sluice.gateway.identity.Checked.Known;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.text.ParseException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * Tokens: good are those, and only those, that nimbus' own processor with the same rules takes. A header and claims are made up by
 * the fuzzer and signed with the issuer's key, or with what it is not to be signed with: those are never good.
 */
class TokenFuzzTest {
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
    private static FakeIdp idp;
    private static ECKey stranger;
    private static Issuers issuers;
    private static DefaultJWTProcessor<SecurityContext> processor;

    @BeforeAll
    static void start() throws IOException {
        idp = new FakeIdp();
        stranger = FakeIdp.key("k1");
        List<String> algorithms = List.of("RS256", "ES256");
        issuers = Issuers.of(
                new IdentityConfig(List.of(new IdentityConfig.Issuer(
                        "corp",
                        Optional.of(FakeIdp.ISS),
                        "sluice",
                        Optional.of(idp.url()),
                        algorithms,
                        Optional.empty(),
                        Optional.empty(),
                        Duration.ofSeconds(30),
                        false))),
                () -> 0);
        processor = new DefaultJWTProcessor<>();
        processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(
                null, JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), new JOSEObjectType("application/at+jwt")));
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(
                Set.of(JWSAlgorithm.RS256, JWSAlgorithm.ES256),
                new ImmutableJWKSet<>(new JWKSet(List.<JWK>copyOf(idp.keys)).toPublicJWKSet())));
        DefaultJWTClaimsVerifier<SecurityContext> claims = new DefaultJWTClaimsVerifier<>(
                "sluice", new JWTClaimsSet.Builder().issuer(FakeIdp.ISS).build(), Set.of("exp"));
        claims.setMaxClockSkew(30);
        processor.setJWTClaimsSetVerifier(claims);
    }

    @AfterAll
    static void stop() {
        issuers.close();
        idp.close();
    }

    /** @param input who signs, and the token's header and claims with a line end between them; or a token as it is */
    @FuzzTest
    void token(byte[] input) throws GeneralSecurityException, JOSEException {
        if (input.length == 0) {
            return;
        }
        int line = 1;
        while (line < input.length && input[line] != '\n') {
            line++;
        }
        byte[] header = Arrays.copyOfRange(input, 1, line);
        byte[] claims = Arrays.copyOfRange(input, Math.min(input.length, line + 1), input.length);
        String signed = BASE64.encodeToString(header) + "." + BASE64.encodeToString(claims);
        byte[] text = signed.getBytes(StandardCharsets.US_ASCII);
        switch (input[0] % 6) {
            case 0, 1 -> agree(signed + "." + BASE64.encodeToString(es256(idp.keys.getFirst(), text)));
            case 2 -> refused(signed + "." + BASE64.encodeToString(es256(stranger, text)));
            case 3 -> refused(signed + ".");
            case 4 -> refused(signed + "." + BASE64.encodeToString(hmac(text)));
            default -> agree(new String(input, 1, input.length - 1, StandardCharsets.ISO_8859_1));
        }
    }

    private static void agree(String token) throws JOSEException {
        boolean known = issuers.check(token) instanceof Known;
        boolean taken;
        try {
            processor.process(token, null);
            taken = true;
        } catch (BadJOSEException | ParseException | IllegalArgumentException | IllegalStateException no) {
            taken = false;
        }
        if (known != taken) {
            throw new AssertionError((known ? "only ours takes " : "only nimbus takes ") + token);
        }
        if (known && !Issuers.mayBe(token) && token.startsWith("eyJ")) {
            throw new AssertionError("a good token that does not look like one: " + token);
        }
    }

    private static void refused(String token) {
        if (issuers.check(token) instanceof Known) {
            throw new AssertionError("nobody's token is good: " + token);
        }
    }

    private static byte[] es256(ECKey key, byte[] text) throws GeneralSecurityException, JOSEException {
        Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
        signature.initSign(key.toECPrivateKey());
        signature.update(text);
        return signature.sign();
    }

    /** As who believes that the issuer's public key is a secret would check it (RFC 8725 2.1). */
    private static byte[] hmac(byte[] text) throws GeneralSecurityException, JOSEException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(idp.keys.getFirst().toECPublicKey().getEncoded(), "HmacSHA256"));
        return mac.doFinal(text);
    }
}
