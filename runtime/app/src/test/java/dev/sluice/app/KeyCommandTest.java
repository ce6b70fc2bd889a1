package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyCommandTest {
    @TempDir
    Path directory;

    private static String sha256(String text) throws Exception {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static Ran typing(String text, String... arguments) {
        InputStream before = System.in;
        try {
            System.setIn(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
            return Ran.of(arguments);
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void aNewKeyIsOnStandardOutputAndItsHashAloneInTheLineForTheFile() throws Exception {
        Ran ran = Ran.of("key", "new", "--id", "ci-2026", "--expires", "2127-01-01T00:00:00Z");
        String key = ran.out().strip();

        assertThat(ran.code()).isZero();
        assertThat(key).matches("sk-slc-ci-2026-[A-Za-z0-9_-]{22,}");
        assertThat(ran.err().strip())
                .isEqualTo("- {id: ci-2026, sha256: \"" + sha256(key) + "\", expires: 2127-01-01T00:00:00Z}");
        assertThat(ran.err()).doesNotContain(key);
        assertThat(Ran.of("key", "new", "--id", "ci-2026").out().strip()).isNotEqualTo(key);
        assertThat(Ran.of("key", "new").out()).startsWith("sk-slc-");
    }

    @Test
    void theLineGoesIntoATenantFileAsItIs() throws Exception {
        Path config = Files.writeString(directory.resolve("gateway.yaml"), """
            pools: [{name: chat, models: [m], endpoints: [{url: 'http://127.0.0.1:1'}]}]
            tenants: {directory: tenants}
            """);
        Path tenants = Files.createDirectory(directory.resolve("tenants"));
        String line = Ran.of("key", "new", "--expires", "2127-01-01").err();
        Files.writeString(tenants.resolve("acme.yaml"), "tenant: acme\nkeys:\n" + line);

        assertThat(Ran.of("check", "--config", config.toString())).satisfies(ran -> {
            assertThat(ran.out()).contains("good");
            assertThat(ran.code()).isZero();
        });
    }

    @Test
    void theHashIsOfTheKeyFromStandardInputOrGiven() throws Exception {
        String hash = sha256("sk-slc-a-b");

        assertThat(Ran.of("key", "hash", "sk-slc-a-b").out().strip()).isEqualTo(hash);
        assertThat(typing("sk-slc-a-b\n", "key", "hash").out().strip()).isEqualTo(hash);
        assertThat(typing(" sk-slc-a-b \r\nmore", "key", "hash").out().strip()).isEqualTo(hash);
    }

    @Test
    void wrongUseIsTwoAndMakesNothing() {
        for (String id : new String[] {"Ab", "a_b", "-a", "a-", "", "a".repeat(41), "a b", "a\nb"}) {
            Ran ran = Ran.of("key", "new", "--id", id);
            assertThat(ran.code()).as(id).isEqualTo(2);
            assertThat(ran.out()).as(id).isEmpty();
        }
        assertThat(Ran.of("key").code()).isEqualTo(2);
        assertThat(Ran.of("key", "old").code()).isEqualTo(2);
        assertThat(typing("\n", "key", "hash").code()).isEqualTo(2);
        assertThat(typing("", "key", "hash").err()).contains("there is no key on standard input");
    }

    @Test
    void anEndThatIsNoTimeIsRefused() {
        assertThat(Ran.of("key", "new", "--expires", "next year").code()).isEqualTo(2);
        assertThat(Ran.of("key", "new", "--expires", "2127-01-01\n  - {id: x").code())
                .isEqualTo(2);
    }
}
