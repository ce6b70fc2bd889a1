package dev.sluice.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A CA and what it signed, made by keytool once for each directory. */
final class Certificates {
    private static final char[] PASSWORD = "changeit".toCharArray();

    private final Path directory;
    private final KeyStore store;
    private final Map<String, Path> files = new ConcurrentHashMap<>();

    private Certificates(Path directory, KeyStore store) {
        this.directory = directory;
        this.store = store;
    }

    /** Makes {@code ca}, {@code server} for 127.0.0.1, {@code elsewhere} for another name, and {@code other}, a CA. */
    static Certificates in(Path directory) throws Exception {
        Path file = directory.resolve("all.p12");
        keytool(file, "ca", "-ext", "bc:c", "-dname", "CN=ca");
        keytool(file, "other", "-ext", "bc:c", "-dname", "CN=other");
        keytool(file, "server", "-signer", "ca", "-ext", "san=ip:127.0.0.1,dns:localhost", "-dname", "CN=server");
        keytool(file, "elsewhere", "-signer", "ca", "-ext", "san=dns:elsewhere.example", "-dname", "CN=elsewhere");
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        return new Certificates(directory, store);
    }

    private static void keytool(Path file, String alias, String... more) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias", alias));
        command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2", "-storetype", "PKCS12"));
        command.addAll(List.of("-storepass", "changeit", "-keystore", file.toString()));
        command.addAll(Arrays.asList(more));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(said);
        }
    }

    /** The certificate as a PEM file, with those above it. */
    Path certificate(String alias) {
        return files.computeIfAbsent(alias + ".crt", name -> {
            try {
                StringBuilder pem = new StringBuilder();
                for (Certificate one : store.getCertificateChain(alias)) {
                    pem.append(block("CERTIFICATE", one.getEncoded()));
                }
                return Files.writeString(directory.resolve(name), pem);
            } catch (GeneralSecurityException | IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** The key as a PEM file. */
    Path key(String alias) {
        return files.computeIfAbsent(alias + ".key", name -> {
            try {
                byte[] key = store.getKey(alias, PASSWORD).getEncoded();
                return Files.writeString(directory.resolve(name), block("PRIVATE KEY", key));
            } catch (GeneralSecurityException | IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static String block(String kind, byte[] der) {
        return "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + kind + "-----\n";
    }

    /** A side that shows a certificate, or none when {@code alias} is empty, and trusts {@code ca}. */
    SSLContext side(String alias) throws GeneralSecurityException, IOException {
        KeyManager[] own = new KeyManager[0];
        if (!alias.isEmpty()) {
            KeyStore one = KeyStore.getInstance("PKCS12");
            one.load(null, null);
            one.setKeyEntry(alias, store.getKey(alias, PASSWORD), PASSWORD, store.getCertificateChain(alias));
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(one, PASSWORD);
            own = keys.getKeyManagers();
        }
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", store.getCertificate("ca"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own, trust.getTrustManagers(), null);
        return context;
    }
}
