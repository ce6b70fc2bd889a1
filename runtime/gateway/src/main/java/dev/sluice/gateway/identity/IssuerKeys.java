package dev.sluice.gateway.identity;

import com.nimbusds.jose.jwk.JWKSet;
import dev.sluice.gateway.config.IdentityConfig;
import dev.sluice.gateway.config.Pem;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * An issuer's public keys, read from its JWK Set when they are first needed and every five minutes then; at once when a token names
 * a key that is not among them, but never more often than each 30 s, so that nobody makes us ask by sending nonsense. While the
 * issuer can't be reached the last keys serve on, for an hour.
 */
final class IssuerKeys implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(IssuerKeys.class.getName());
    static final Duration FRESH = Duration.ofMinutes(5);
    static final Duration STALE = Duration.ofHours(1);
    static final Duration APART = Duration.ofSeconds(30);
    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final long SIZE = 1 << 20;

    private final IdentityConfig.Issuer issuer;
    private final LongSupplier nanos;
    private final Runnable changed;
    private final AtomicReference<@Nullable CompletableFuture<Boolean>> flight = new AtomicReference<>();
    private volatile @Nullable Held held;
    private volatile @Nullable Long asked;
    private volatile boolean failing;
    private volatile @Nullable HttpClient http;

    private record Held(JWKSet keys, long at) {}

    /**
     * Nothing is read yet.
     *
     * @param nanos a clock that only goes forward, ns
     * @param changed run when other keys than before are in force
     */
    IssuerKeys(IdentityConfig.Issuer issuer, LongSupplier nanos, Runnable changed) {
        this.issuer = issuer;
        this.nanos = nanos;
        this.changed = changed;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // It logs what fails, and the next look asks again.
    private void begin() {
        refresh();
    }

    /** The keys that there are; waits for the first ones; empty when there are none, or only ones that are too old. */
    Optional<JWKSet> keys() {
        Held now = held;
        if (now == null) {
            return newer();
        }
        long age = nanos.getAsLong() - now.at;
        if (age > STALE.toNanos()) {
            return newer();
        }
        if (age > FRESH.toNanos()) {
            begin();
        }
        return Optional.of(now.keys);
    }

    /** The keys after another look, where one is due; empty when there are none that are not too old. */
    Optional<JWKSet> newer() {
        try {
            refresh().get(LIMIT.toMillis() * 2, TimeUnit.MILLISECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException late) {
            LOG.log(System.Logger.Level.DEBUG, "keys of {0} do not come", issuer.name());
        }
        return Optional.ofNullable(held)
                .filter(now -> nanos.getAsLong() - now.at <= STALE.toNanos())
                .map(Held::keys);
    }

    private CompletableFuture<Boolean> refresh() {
        CompletableFuture<Boolean> mine = new CompletableFuture<>();
        CompletableFuture<Boolean> running = flight.compareAndExchange(null, mine);
        if (running != null) {
            return running;
        }
        Long last = asked;
        if (last != null && nanos.getAsLong() - last < APART.toNanos()) {
            flight.set(null);
            mine.complete(false);
            return mine;
        }
        asked = nanos.getAsLong();
        Thread.ofVirtual().name("jwks-" + issuer.name()).start(() -> {
            boolean fetched = false;
            try {
                take(fetch());
                fetched = true;
            } catch (IOException | GeneralSecurityException | ParseException | RuntimeException failed) {
                if (!failing) {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            "identity: keys of issuer {0} can''t be read from {1}: {2}",
                            issuer.name(),
                            issuer.keys(),
                            failed);
                }
                failing = true;
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            } finally {
                flight.set(null);
                mine.complete(fetched);
            }
        });
        return mine;
    }

    private void take(JWKSet keys) {
        Held before = held;
        held = new Held(keys, nanos.getAsLong());
        if (failing) {
            failing = false;
            LOG.log(System.Logger.Level.INFO, "identity: keys of issuer {0} can be read again", issuer.name());
        }
        if (before != null && !before.keys.toJSONObject(true).equals(keys.toJSONObject(true))) {
            changed.run();
        }
    }

    private JWKSet fetch() throws IOException, InterruptedException, GeneralSecurityException, ParseException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(issuer.keys()).timeout(LIMIT).header("accept", "application/json");
        Optional<Path> bearer = issuer.bearer();
        if (bearer.isPresent()) {
            request.header(
                    "authorization", "Bearer " + Files.readString(bearer.get()).strip());
        }
        HttpResponse<byte[]> answer =
                client().send(request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), SIZE));
        if (answer.statusCode() != 200) {
            throw new IOException("status " + answer.statusCode());
        }
        JWKSet keys =
                JWKSet.parse(new String(answer.body(), StandardCharsets.UTF_8)).toPublicJWKSet();
        if (keys.isEmpty()) {
            throw new IOException("there are no public keys in it");
        }
        return keys;
    }

    private HttpClient client() throws IOException, GeneralSecurityException {
        HttpClient there = http;
        if (there != null) {
            return there;
        }
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(LIMIT)
                .followRedirects(HttpClient.Redirect.NEVER);
        Optional<Path> file = issuer.caFile();
        Optional<Pem> trusted = file.isPresent() ? Optional.of(new Pem(Files.readString(file.get()))) : issuer.ca();
        if (trusted.isPresent()) {
            builder.sslContext(context(trusted.get().certificates()));
        }
        there = builder.build();
        http = there;
        return there;
    }

    private static SSLContext context(List<X509Certificate> trusted) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        for (int i = 0; i < trusted.size(); i++) {
            store.setCertificateEntry("ca-" + i, trusted.get(i));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    @Override
    public void close() {
        HttpClient there = http;
        if (there != null) {
            there.shutdownNow();
        }
    }
}
