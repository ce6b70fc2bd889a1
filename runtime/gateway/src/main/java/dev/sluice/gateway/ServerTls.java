package dev.sluice.gateway;

import dev.sluice.gateway.config.ServerConfig;
import io.helidon.common.tls.Tls;
import io.helidon.common.tls.TlsClientAuth;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS of the tenants' listener. Certificates are renewed while it runs: the managers that Helidon holds look up the
 * newest key and CA for each handshake.
 */
final class ServerTls {
    /** How long a client may resume what an older CA let in, seconds. */
    private static final int SESSION_SECONDS = 300;

    private volatile ServerConfig.Tls config;
    private volatile X509ExtendedKeyManager keys;
    private volatile @Nullable X509ExtendedTrustManager clients;

    ServerTls(ServerConfig.Tls config) {
        this.config = config;
        this.keys = keys(config);
        this.clients = clients(config);
    }

    /** What Helidon's listener is given. */
    Tls helidon() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {new Keys()}, new TrustManager[] {new Clients()}, null);
            context.getServerSessionContext().setSessionTimeout(SESSION_SECONDS);
            return Tls.builder()
                    .sslContext(context)
                    .clientAuth(config.clientCa().isPresent() ? TlsClientAuth.REQUIRED : TlsClientAuth.NONE)
                    .build();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no TLS", e);
        }
    }

    /** Takes another key, certificate or CA for the connections to come. False when that needs another listener. */
    boolean reload(ServerConfig.Tls next) {
        if (next.clientCa().isPresent() != config.clientCa().isPresent()) {
            return false;
        }
        if (!next.equals(config)) {
            keys = keys(next);
            clients = clients(next);
            config = next;
        }
        return true;
    }

    private static X509ExtendedKeyManager keys(ServerConfig.Tls config) {
        try {
            KeyStore store = EngineTrust.empty();
            X509Certificate[] chain = config.cert().certificates().toArray(X509Certificate[]::new);
            store.setKeyEntry("server", config.key().privateKey(), new char[0], chain);
            KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, new char[0]);
            for (KeyManager manager : factory.getKeyManagers()) {
                if (manager instanceof X509ExtendedKeyManager fit) {
                    return fit;
                }
            }
            throw new IllegalStateException("this JDK has no key manager");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a certificate that was checked can't be used", e);
        }
    }

    private static @Nullable X509ExtendedTrustManager clients(ServerConfig.Tls config) {
        if (config.clientCa().isEmpty()) {
            return null;
        }
        try {
            for (TrustManager manager :
                    EngineTrust.trust(config.clientCa().get()).getTrustManagers()) {
                if (manager instanceof X509ExtendedTrustManager fit) {
                    return fit;
                }
            }
            throw new IllegalStateException("this JDK has no trust manager");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a certificate that was checked can't be used", e);
        }
    }

    /** The newest key. */
    private final class Keys extends X509ExtendedKeyManager {
        @Override
        public String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
            return null;
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] types, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return null;
        }

        @Override
        public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
            return keys.getServerAliases(type, issuers);
        }

        @Override
        public @Nullable String chooseServerAlias(
                String type, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return keys.chooseServerAlias(type, issuers, socket);
        }

        @Override
        public @Nullable String chooseEngineServerAlias(
                String type, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            return keys.chooseEngineServerAlias(type, issuers, engine);
        }

        @Override
        public X509Certificate @Nullable [] getCertificateChain(String alias) {
            return keys.getCertificateChain(alias);
        }

        @Override
        public @Nullable PrivateKey getPrivateKey(String alias) {
            return keys.getPrivateKey(alias);
        }
    }

    /** The newest CA of clients. */
    private final class Clients extends X509ExtendedTrustManager {
        private X509ExtendedTrustManager current() throws CertificateException {
            X509ExtendedTrustManager now = clients;
            if (now == null) {
                throw new CertificateException("no client certificates are taken here");
            }
            return now;
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            current().checkClientTrusted(chain, type);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            current().checkClientTrusted(chain, type, socket);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            current().checkClientTrusted(chain, type, engine);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("not a client");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            throw new CertificateException("not a client");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("not a client");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            X509ExtendedTrustManager now = clients;
            return now == null ? new X509Certificate[0] : now.getAcceptedIssuers();
        }
    }
}
