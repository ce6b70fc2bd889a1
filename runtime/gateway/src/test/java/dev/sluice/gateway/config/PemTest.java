package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.spi.ConfigException;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class PemTest {
    private static Pem pem(String kind, byte[] der) {
        return new Pem("# made for a test\n-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + kind + "-----\n");
    }

    private static KeyPair pair(String algorithm) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (algorithm.equals("EC")) {
            generator.initialize(new ECGenParameterSpec("secp256r1"));
        }
        return generator.generateKeyPair();
    }

    @Test
    void readsKeysOfEveryAlgorithmAsPkcs8() throws Exception {
        for (String algorithm : new String[] {"RSA", "EC", "Ed25519"}) {
            KeyPair pair = pair(algorithm);
            Pem pem = pem("PRIVATE KEY", pair.getPrivate().getEncoded());
            assertThat(pem.privateKey().getEncoded())
                    .isEqualTo(pair.getPrivate().getEncoded());
            assertThat(Pem.pair(pem.privateKey(), pair.getPublic()))
                    .as(algorithm)
                    .isTrue();
            assertThat(Pem.pair(pem.privateKey(), pair(algorithm).getPublic()))
                    .as(algorithm)
                    .isFalse();
        }
        assertThat(Pem.pair(pair("RSA").getPrivate(), pair("EC").getPublic())).isFalse();
    }

    @Test
    void readsRsaKeysAsCertManagerWritesThem() throws Exception {
        KeyPair pair = pair("RSA");
        byte[] pkcs8 = pair.getPrivate().getEncoded();
        byte[] pkcs1 = Arrays.copyOfRange(pkcs8, 26, pkcs8.length); // what stands in the OCTET STRING
        assertThat(Pem.pair(pem("RSA PRIVATE KEY", pkcs1).privateKey(), pair.getPublic()))
                .isTrue();
    }

    @Test
    void readsEllipticKeysAsOpensslWritesThem() throws Exception {
        KeyPair pair = pair("EC");
        byte[] s = new byte[32];
        byte[] number = ((ECPrivateKey) pair.getPrivate()).getS().toByteArray();
        int from = Math.max(0, number.length - 32);
        System.arraycopy(number, from, s, 32 - (number.length - from), number.length - from);
        ByteArrayOutputStream sec1 = new ByteArrayOutputStream();
        sec1.writeBytes(HexFormat.of().parseHex("30310201010420"));
        sec1.writeBytes(s);
        sec1.writeBytes(HexFormat.of().parseHex("a00a06082a8648ce3d030107"));
        Pem pem = pem("EC PRIVATE KEY", sec1.toByteArray());
        assertThat(((ECPrivateKey) pem.privateKey()).getS()).isEqualTo(new BigInteger(1, s));
        assertThat(Pem.pair(pem.privateKey(), pair.getPublic())).isTrue();
    }

    @Test
    void saysWhatIsWrongAndShowsNothing() {
        assertThatThrownBy(() -> new Pem("x").privateKey())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("no private key");
        assertThatThrownBy(() -> pem("ENCRYPTED PRIVATE KEY", new byte[9]).privateKey())
                .hasMessageContaining("password");
        assertThatThrownBy(() -> pem("PRIVATE KEY", new byte[9]).privateKey()).hasMessageContaining("can't be read");
        assertThatThrownBy(() -> pem("EC PRIVATE KEY", new byte[9]).privateKey())
                .hasMessageContaining("names no curve");
        assertThatThrownBy(() -> pem("CERTIFICATE", new byte[9]).certificates()).hasMessageContaining("can't be read");
        assertThat(new Pem("secret")).hasToString("***");
    }
}
