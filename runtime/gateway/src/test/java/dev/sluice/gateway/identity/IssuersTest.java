package dev.sluice.gateway.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.sluice.gateway.config.IdentityConfig;
import dev.sluice.gateway.identity.Checked.Bad;
import dev.sluice.gateway.identity.Checked.Known;
import dev.sluice.gateway.identity.Checked.Unchecked;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which tokens are good, with a real issuer over HTTP and a clock of the test's own for the age of keys. */
@Timeout(60)
class IssuersTest {
    private final AtomicLong now = new AtomicLong();

    @TempDir
    Path dir;

    private static IdentityConfig.Issuer issuer(String url, Optional<Path> tokenFile, boolean kubernetes) {
        return new IdentityConfig.Issuer(
                "corp",
                Optional.of(FakeIdp.ISS),
                "sluice",
                Optional.of(url),
                List.of("RS256", "ES256"),
                Optional.empty(),
                tokenFile,
                Duration.ofSeconds(30),
                kubernetes);
    }

    private Issuers issuers(FakeIdp idp) {
        return Issuers.of(new IdentityConfig(List.of(issuer(idp.url(), Optional.empty(), false))), now::get);
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    private static Date in(long seconds) {
        return Date.from(Instant.now().plusSeconds(seconds));
    }

    @Test
    void aSignedTokenForUsIsGoodAndItsKeysAreReadOnce() throws Exception {
        try (FakeIdp idp = new FakeIdp();
                Issuers issuers = issuers(idp)) {
            for (int i = 0; i < 3; i++) {
                Checked checked =
                        issuers.check(idp.token(FakeIdp.claims("alice").claim("groups", List.of("a", "b"))));
                assertThat(checked).isInstanceOf(Known.class);
                Identity who = ((Known) checked).identity();
                assertThat(who.issuer()).isEqualTo("corp");
                assertThat(who.label()).isEqualTo("corp:alice");
                assertThat(who.values("groups")).containsExactly("a", "b");
            }
            assertThat(idp.asked.get()).isEqualTo(1);
            assertThat(issuers.check(
                            FakeIdp.token(FakeIdp.claims("alice"), idp.keys.getFirst(), new JOSEObjectType("at+jwt"))))
                    .isInstanceOf(Known.class);
        }
    }

    @Test
    void whatIsNotSignedByTheIssuerForUsAndNowIsBad() throws Exception {
        try (FakeIdp idp = new FakeIdp();
                Issuers issuers = issuers(idp)) {
            String good = idp.token(FakeIdp.claims("alice"));
            assertThat(issuers.check(good)).isInstanceOf(Known.class);
            ECKey ours = idp.keys.getFirst();
            SignedJWT symmetric = new SignedJWT(
                    new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("k1").build(),
                    FakeIdp.claims("alice").build());
            symmetric.sign(new MACSigner(ours.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8)));
            SignedJWT brings = new SignedJWT(
                    new JWSHeader.Builder(JWSAlgorithm.ES256)
                            .keyID("mine")
                            .jwk(FakeIdp.key("mine").toPublicJWK())
                            .build(),
                    FakeIdp.claims("alice").build());
            brings.sign(new com.nimbusds.jose.crypto.ECDSASigner(FakeIdp.key("mine")));
            String[] parts = good.split("\\.");
            String zeros = Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[64]);
            Map<String, String> bad = Map.ofEntries(
                    Map.entry(
                            "no algorithm", new PlainJWT(FakeIdp.claims("alice").build()).serialize() + "x"),
                    Map.entry("symmetric, with the public key", symmetric.serialize()),
                    Map.entry("brings its own key", brings.serialize()),
                    Map.entry(
                            "a key of the same name",
                            FakeIdp.token(FakeIdp.claims("a"), FakeIdp.key("k1"), JOSEObjectType.JWT)),
                    Map.entry("r and s are 0 (CVE-2022-21449)", parts[0] + "." + parts[1] + "." + zeros),
                    Map.entry(
                            "another's claims",
                            parts[0] + "."
                                    + Base64.getUrlEncoder()
                                            .withoutPadding()
                                            .encodeToString(FakeIdp.claims("bob")
                                                    .build()
                                                    .toString()
                                                    .getBytes(StandardCharsets.UTF_8))
                                    + "." + parts[2]),
                    Map.entry("for others", idp.token(FakeIdp.claims("alice").audience("grafana"))),
                    Map.entry("for nobody", idp.token(FakeIdp.claims("alice").audience((String) null))),
                    Map.entry(
                            "another issuer", idp.token(FakeIdp.claims("alice").issuer("https://evil.example"))),
                    Map.entry("expired", idp.token(FakeIdp.claims("alice").expirationTime(in(-31)))),
                    Map.entry("never expires", idp.token(FakeIdp.claims("alice").expirationTime(null))),
                    Map.entry("not yet", idp.token(FakeIdp.claims("alice").notBeforeTime(in(40)))),
                    Map.entry(
                            "another type",
                            FakeIdp.token(FakeIdp.claims("alice"), ours, new JOSEObjectType("logout+jwt"))),
                    Map.entry("nonsense", "eyJ.eyJ.x"));
            bad.forEach(
                    (what, token) -> assertThat(issuers.check(token)).as(what).isInstanceOf(Bad.class));
            assertThat(issuers.check(idp.token(FakeIdp.claims("alice").expirationTime(in(-20)))))
                    .as("clocks may differ")
                    .isInstanceOf(Known.class);
        }
    }

    @Test
    void aNewKeyIsLookedForButNotForEveryUnknownName() throws Exception {
        try (FakeIdp idp = new FakeIdp();
                Issuers issuers = issuers(idp)) {
            assertThat(issuers.check(idp.token(FakeIdp.claims("alice")))).isInstanceOf(Known.class);
            idp.keys.add(FakeIdp.key("k2"));
            String rotated = idp.token(FakeIdp.claims("alice"));
            assertThat(issuers.check(rotated)).as("asked less than 30 s ago").isInstanceOf(Bad.class);
            pass(IssuerKeys.APART);
            assertThat(issuers.check(rotated)).isInstanceOf(Known.class);
            for (int i = 0; i < 100; i++) {
                assertThat(issuers.check(
                                FakeIdp.token(FakeIdp.claims("alice"), FakeIdp.key("x" + i), JOSEObjectType.JWT)))
                        .isInstanceOf(Bad.class);
            }
            assertThat(idp.asked.get()).isEqualTo(2);
        }
    }

    @Test
    void aKeyThatIsTakenOutStopsCountingAndWithItTokensThatWereGood() throws Exception {
        try (FakeIdp idp = new FakeIdp();
                Issuers issuers = issuers(idp)) {
            String old = idp.token(FakeIdp.claims("alice"));
            assertThat(issuers.check(old)).isInstanceOf(Known.class);
            idp.keys.add(FakeIdp.key("k2"));
            idp.keys.removeFirst();
            pass(IssuerKeys.APART);
            assertThat(issuers.check(idp.token(FakeIdp.claims("bob")))).isInstanceOf(Known.class);
            assertThat(issuers.check(old)).isInstanceOf(Bad.class);
        }
    }

    @Test
    void whileTheIssuerIsAwayItsKeysServeOnForAnHour() throws Exception {
        try (FakeIdp idp = new FakeIdp();
                Issuers issuers = issuers(idp)) {
            assertThat(issuers.check(idp.token(FakeIdp.claims("alice")))).isInstanceOf(Known.class);
            idp.status = 500;
            pass(IssuerKeys.STALE);
            assertThat(issuers.check(idp.token(FakeIdp.claims("bob")))).isInstanceOf(Known.class);
            pass(Duration.ofSeconds(31));
            assertThat(issuers.check(idp.token(FakeIdp.claims("carol")))).isEqualTo(new Unchecked("corp"));
            idp.status = 200;
            pass(IssuerKeys.APART);
            assertThat(issuers.check(idp.token(FakeIdp.claims("carol")))).isInstanceOf(Known.class);
        }
    }

    @Test
    void serviceAccountsTellTheirNamespaceAndOurOwnTokenIsShown() throws Exception {
        Path file = Files.writeString(dir.resolve("token"), "pod-token\n");
        try (FakeIdp idp = new FakeIdp();
                Issuers issuers =
                        Issuers.of(new IdentityConfig(List.of(issuer(idp.url(), Optional.of(file), true))), now::get)) {
            JWTClaimsSet.Builder claims = FakeIdp.claims("system:serviceaccount:team-a:trainer")
                    .claim("kubernetes.io", Map.of("namespace", "team-a", "pod", Map.of("name", "p/1")));
            Identity who = ((Known) issuers.check(idp.token(claims))).identity();
            assertThat(who.values("namespace")).containsExactly("team-a");
            assertThat(who.values("serviceaccount")).containsExactly("trainer");
            assertThat(who.values("kubernetes.io/pod/name")).containsExactly("p/1");
            assertThat(who.values("kubernetes.io/pod/uid")).isEmpty();
            assertThat(who.values("kubernetes.io/pod")).isEmpty();
            assertThat(idp.authorizations).containsExactly("Bearer pod-token");
        }
    }

    @Test
    void scopesAreToldApartAndALabelIsFitForALog() {
        Identity who =
                new Identity("corp", "a\"b\nc" + "d".repeat(200), Map.of("scope", "chat:read chat:write", "n", 7L));
        assertThat(who.values("scope")).containsExactly("chat:read", "chat:write");
        assertThat(who.values("n")).containsExactly("7");
        assertThat(who.label()).startsWith("corp:a?b?cd").hasSize("corp:".length() + 80);
    }
}
