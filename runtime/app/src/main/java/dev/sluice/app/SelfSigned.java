package dev.sluice.app;

import dev.sluice.gateway.config.Pem;
import dev.sluice.gateway.config.ServerConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A certificate for this process alone, as llm-d's picker makes one: it encrypts, and proves nothing. The JDK's own keytool makes
 * it, as no public class of the JDK does.
 */
final class SelfSigned {
    private static final String PASSWORD = "changeit";
    private static final String OWN = "own";

    private SelfSigned() {}

    static ServerConfig.Tls make() {
        KeyStore keys = keys();
        try {
            return new ServerConfig.Tls(
                    pem("CERTIFICATE", keys.getCertificate(OWN).getEncoded()),
                    pem("PRIVATE KEY", keys.getKey(OWN, PASSWORD.toCharArray()).getEncoded()),
                    Optional.empty());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("can't read a certificate of our own", e);
        }
    }

    /** What a server of this process needs to speak TLS, by a certificate of its own. */
    static SSLContext context(KeyStore keys) throws GeneralSecurityException {
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }

    /** The certificate in there, as clients are told to trust it. */
    static String certificate(KeyStore keys) throws GeneralSecurityException {
        return text("CERTIFICATE", keys.getCertificate(OWN).getEncoded());
    }

    /** A key and its certificate. */
    static KeyStore keys() {
        try {
            Path directory = scratch();
            Path store = directory.resolve("own.p12");
            try {
                keytool(store);
                return read(store);
            } finally {
                Files.deleteIfExists(store);
                Files.deleteIfExists(directory);
            }
        } catch (IOException | GeneralSecurityException e) {
            throw new UncheckedIOException(new IOException("can't make a certificate: " + e.getMessage(), e));
        }
    }

    /** Memory where there is some: a container whose root is read-only has nothing else, and a key needs no disk. */
    private static Path scratch() throws IOException {
        Path memory = Path.of("/dev/shm");
        return Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "sluice-tls")
                : Files.createTempDirectory("sluice-tls");
    }

    private static void keytool(Path store) throws IOException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        OWN,
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=sluice-epp",
                        "-ext",
                        "san=dns:localhost,ip:127.0.0.1",
                        "-validity",
                        "3650",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD))
                .redirectErrorStream(true)
                .start();
        try {
            String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IOException("keytool: " + said.strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static KeyStore read(Path store) throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        return keys;
    }

    private static Pem pem(String kind, byte[] der) {
        return new Pem(text(kind, der));
    }

    private static String text(String kind, byte[] der) {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n";
    }
}
