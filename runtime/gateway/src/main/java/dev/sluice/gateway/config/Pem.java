package dev.sluice.gateway.config;

import dev.sluice.spi.ConfigException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Certificates or a private key, as PEM (RFC 7468). Keys: PKCS#8, and what older tools write, PKCS#1 for RSA and SEC1 for
 * elliptic curves; none with a password. Never shown.
 *
 * @param text the file's content
 */
public record Pem(String text) {
    private static final Pattern BLOCK = Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");
    /** AlgorithmIdentifier of RSA (RFC 8017 A.1). */
    private static final byte[] RSA = {
        0x30, 0x0d, 6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0
    };
    /** OID of elliptic curve keys (RFC 5480 2.1.1). */
    private static final byte[] EC = {6, 7, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1};

    private static final byte[] VERSION_0 = {2, 1, 0};

    /** Hides the content: it may be a key. */
    @Override
    public String toString() {
        return SecretText.MASK;
    }

    /**
     * The certificates, in the order of the file.
     *
     * @throws ConfigException when there are none, or one can't be read
     */
    public List<X509Certificate> certificates() {
        List<X509Certificate> found = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Matcher block = BLOCK.matcher(text); block.find(); ) {
                if (block.group(1).equals("CERTIFICATE")) {
                    found.add((X509Certificate)
                            factory.generateCertificate(new ByteArrayInputStream(decoded(block.group(2)))));
                }
            }
        } catch (GeneralSecurityException e) {
            throw new ConfigException("a certificate in it can't be read: " + e.getMessage());
        }
        if (found.isEmpty()) {
            throw new ConfigException("holds no certificate (no -----BEGIN CERTIFICATE-----)");
        }
        return List.copyOf(found);
    }

    /**
     * The private key.
     *
     * @throws ConfigException when there is none, or it can't be read
     */
    public PrivateKey privateKey() {
        for (Matcher block = BLOCK.matcher(text); block.find(); ) {
            byte[] der;
            switch (block.group(1)) {
                case "PRIVATE KEY" -> der = decoded(block.group(2));
                case "RSA PRIVATE KEY" -> der = wrapped(block.group(2), RSA);
                case "EC PRIVATE KEY" -> der = fromSec1(block.group(2));
                case "ENCRYPTED PRIVATE KEY" ->
                    throw new ConfigException("the key has a password: that is not supported, use one without");
                default -> {
                    continue;
                }
            }
            return key(der);
        }
        throw new ConfigException("holds no private key (no -----BEGIN PRIVATE KEY-----)");
    }

    /** Whether the key belongs to the certificate's. */
    static boolean pair(PrivateKey key, PublicKey certified) {
        if (!key.getAlgorithm().equals(certified.getAlgorithm())
                && !key.getAlgorithm().startsWith("Ed") // one is named EdDSA, the other by its curve
                && !certified.getAlgorithm().startsWith("Ed")) {
            return false;
        }
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> "EdDSA";
        };
        byte[] said = {1, 2, 3};
        try {
            Signature signer = Signature.getInstance(algorithm);
            signer.initSign(key);
            signer.update(said);
            Signature verifier = Signature.getInstance(algorithm);
            verifier.initVerify(certified);
            verifier.update(said);
            return verifier.verify(signer.sign());
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static PrivateKey key(byte[] pkcs8) {
        for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
            Optional<PrivateKey> key = key(pkcs8, algorithm);
            if (key.isPresent()) {
                return key.get();
            }
        }
        throw new ConfigException("the private key can't be read: expected an RSA, EC or EdDSA key");
    }

    private static Optional<PrivateKey> key(byte[] pkcs8, String algorithm) {
        try {
            return Optional.of(KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8)));
        } catch (GeneralSecurityException other) {
            return Optional.empty();
        }
    }

    private static byte[] decoded(String base64) {
        try {
            return Base64.getMimeDecoder().decode(base64.strip());
        } catch (IllegalArgumentException e) {
            throw new ConfigException("is no PEM: " + e.getMessage());
        }
    }

    /** PKCS#8 around the key of an algorithm (RFC 5958). */
    private static byte[] wrapped(String base64, byte[] algorithm) {
        return sequence(List.of(VERSION_0, algorithm, tagged(4, decoded(base64))));
    }

    /** SEC1 names its curve inside, [0] (RFC 5915 3); PKCS#8 wants it outside. */
    private static byte[] fromSec1(String base64) {
        byte[] der = decoded(base64);
        for (int i = 0; i + 4 < der.length; i++) {
            int length = der[i + 1];
            boolean parameters = (der[i] & 0xff) == 0xa0
                    && der[i + 2] == 6
                    && length == der[i + 3] + 2
                    && length > 2
                    && i + 2 + length <= der.length;
            if (parameters) {
                byte[] curve = java.util.Arrays.copyOfRange(der, i + 2, i + 2 + length);
                return wrapped(base64, sequence(List.of(EC, curve)));
            }
        }
        throw new ConfigException("the EC key names no curve: convert it with openssl pkcs8 -topk8 -nocrypt");
    }

    private static byte[] sequence(Collection<byte[]> parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        parts.forEach(all::writeBytes);
        return tagged(0x30, all.toByteArray());
    }

    private static byte[] tagged(int tag, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.length < 0x80) {
            out.write(content.length);
        } else {
            out.write(0x82);
            out.write(content.length >> 8);
            out.write(content.length);
        }
        out.writeBytes(content);
        return out.toByteArray();
    }

    static final class Form implements Codec<Pem> {
        @Override
        public Optional<Pem> read(Node node, Reading at) {
            return FileOrEnvironment.read(node, at).map(from -> new Pem(from.content()));
        }

        @Override
        public String notation() {
            return FileOrEnvironment.NOTATION;
        }

        @Override
        public Map<String, Object> schema() {
            return FileOrEnvironment.schema();
        }

        @Override
        public Object show(Pem value) {
            return SecretText.MASK;
        }
    }
}
