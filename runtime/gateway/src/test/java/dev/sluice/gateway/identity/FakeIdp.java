package dev.sluice.gateway.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** An issuer with an address where its keys are. */
public final class FakeIdp implements AutoCloseable {
    public static final String ISS = "https://idp.example";

    private final HttpServer server;
    public final List<ECKey> keys = new CopyOnWriteArrayList<>();
    public final AtomicInteger asked = new AtomicInteger();
    public final List<String> authorizations = new CopyOnWriteArrayList<>();
    public volatile int status = 200;

    public FakeIdp() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
        server.createContext("/jwks.json", exchange -> {
            asked.incrementAndGet();
            authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("authorization")));
            byte[] body = new JWKSet(List.<JWK>copyOf(keys)).toString().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        });
        server.start();
        keys.add(key("k1"));
    }

    public static ECKey key(String id) {
        try {
            return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/jwks.json";
    }

    /** Claims that hold for half an hour, for the audience {@code sluice}. */
    public static JWTClaimsSet.Builder claims(String subject) {
        return new JWTClaimsSet.Builder()
                .issuer(ISS)
                .audience("sluice")
                .subject(subject)
                .expirationTime(Date.from(Instant.now().plusSeconds(1800)));
    }

    /** Signed with the newest key. */
    public String token(JWTClaimsSet.Builder claims) {
        return token(claims, keys.getLast(), JOSEObjectType.JWT);
    }

    public static String token(JWTClaimsSet.Builder claims, ECKey key, JOSEObjectType type) {
        try {
            SignedJWT jwt = new SignedJWT(
                    new JWSHeader.Builder(JWSAlgorithm.ES256)
                            .keyID(key.getKeyID())
                            .type(type)
                            .build(),
                    claims.build());
            jwt.sign(new ECDSASigner(key));
            return jwt.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
