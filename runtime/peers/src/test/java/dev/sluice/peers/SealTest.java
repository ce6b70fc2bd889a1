package dev.sluice.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SealTest {
    private static final String SECRET = "a secret that all of them have";
    private final List<String> refused = new ArrayList<>();
    private final Seal one = new Seal(SECRET, refused::add);
    private final Seal other = new Seal(SECRET, refused::add);

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Optional<byte[]> open(Seal seal, byte[] sealed) {
        return seal.open(sealed, 0, sealed.length);
    }

    private byte[] sealed(String text) {
        return one.seal(bytes(text), 0, bytes(text).length);
    }

    @Test
    void whoHasTheSecretOpensItOnceEachAndNobodyReadsIt() {
        byte[] sealed = sealed("what is said");
        assertThat(new String(sealed, StandardCharsets.ISO_8859_1)).doesNotContain("said");
        assertThat(open(other, sealed))
                .hasValueSatisfying(open -> assertThat(open).isEqualTo(bytes("what is said")));
        assertThat(open(other, sealed)).isEmpty();
        assertThat(open(other, sealed)).isEmpty();
        assertThat(refused).containsExactly("replayed", "replayed");
        assertThat(open(new Seal(SECRET, refused::add), sealed)).isPresent();
    }

    @Test
    void anotherSecretOpensNothing() {
        assertThat(open(new Seal(SECRET + "!", refused::add), sealed("x"))).isEmpty();
        assertThat(refused).containsExactly("forged");
    }

    @Test
    void noBitOfItCanBeChangedAndNothingLeftOut() {
        byte[] sealed = sealed("what is said");
        for (int bit = 0; bit < 8 * sealed.length; bit++) {
            byte[] changed = sealed.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(open(other, changed)).isEmpty();
        }
        for (int length = 0; length < sealed.length; length++) {
            assertThat(open(other, Arrays.copyOf(sealed, length))).isEmpty();
        }
        assertThat(open(other, sealed))
                .as("the true one is still good after all that")
                .isPresent();
    }

    @Test
    void thoseThatComeInAnotherOrderAreOpenedAllTheSame() {
        List<byte[]> all = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            all.add(sealed("m" + i));
        }
        Collections.shuffle(all, new Random(1));
        assertThat(all).allSatisfy(one -> assertThat(open(other, one)).isPresent());
        assertThat(all).allSatisfy(one -> assertThat(open(other, one)).isEmpty());
    }

    @Test
    void twiceTheSameIsNotTheSameOnTheWire() {
        assertThat(sealed("same")).isNotEqualTo(sealed("same"));
    }

    @Test
    void numbersFarBehindCountAsCome() {
        SeenNumbers numbers = new SeenNumbers();
        assertThat(numbers.first(0)).isFalse();
        assertThat(numbers.first(5)).isTrue();
        assertThat(numbers.first(5 + SeenNumbers.SIZE)).isTrue();
        assertThat(numbers.first(5)).isFalse();
        assertThat(numbers.first(6)).isTrue();
        assertThat(numbers.first(6)).isFalse();
        assertThat(numbers.first(1_000_000)).isTrue();
        assertThat(numbers.first(1_000_000 - SeenNumbers.SIZE)).isFalse();
        assertThat(numbers.first(999_999)).isTrue();
        assertThat(numbers.first(Long.MAX_VALUE)).isTrue();
        assertThat(numbers.first(Long.MAX_VALUE)).isFalse();
    }
}
