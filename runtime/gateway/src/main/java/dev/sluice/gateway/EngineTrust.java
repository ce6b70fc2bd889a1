package dev.sluice.gateway;

import dev.sluice.gateway.config.Pem;
import dev.sluice.gateway.config.PoolConfig;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * What engines' certificates are judged by. The same CA gives the same context, over reloads too, so that only a changed
 * one makes connections be opened anew.
 */
final class EngineTrust {
    private final Map<Optional<Pem>, SSLContext> contexts = new HashMap<>();

    /** The context of a pool; without a CA of its own, what the JDK trusts. */
    synchronized SSLContext of(PoolConfig pool) {
        return contexts.computeIfAbsent(pool.tls().flatMap(PoolConfig.Tls::ca), EngineTrust::context);
    }

    private static SSLContext context(Optional<Pem> ca) {
        try {
            if (ca.isEmpty()) {
                return SSLContext.getDefault();
            }
            TrustManagerFactory trust = trust(ca.get());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no TLS", e);
        }
    }

    /** Trust in certificates that come from one of these. */
    static TrustManagerFactory trust(Pem ca) throws GeneralSecurityException {
        KeyStore store = empty();
        List<java.security.cert.X509Certificate> all = ca.certificates();
        for (int i = 0; i < all.size(); i++) {
            store.setCertificateEntry("ca" + i, all.get(i));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory;
    }

    static KeyStore empty() throws GeneralSecurityException {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            return store;
        } catch (IOException e) {
            throw new IllegalStateException("nothing is read", e);
        }
    }
}
