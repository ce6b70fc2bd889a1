package dev.sluice.core.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.peers.PeerMessage.Chain;
import dev.sluice.core.peers.PeerMessage.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PeerCodecTest {
    private static final List<PeerMessage> KINDS = List.of(
            new PeerMessage.Load(7, 0, 1, List.of()),
            new PeerMessage.Load(
                    Long.MAX_VALUE,
                    1,
                    2,
                    List.of(
                            new Row(-1, new PeerLoad(1, 2, 3, 4, 5)),
                            new Row(
                                    Long.MIN_VALUE,
                                    new PeerLoad(
                                            PeerLoad.MOST_REQUESTS,
                                            PeerLoad.MOST_TOKENS,
                                            PeerLoad.MOST_TOKENS,
                                            PeerLoad.MOST_REQUESTS,
                                            PeerLoad.MOST_TOKENS)))),
            new PeerMessage.Quotas(1, 2, true, List.of(new PeerMessage.Spent(5, 6, -7, 8, 0, 2_000_000))),
            new PeerMessage.Question(3, 4),
            new PeerMessage.Answer(3, "{}".getBytes(java.nio.charset.StandardCharsets.UTF_8)),
            new PeerMessage.Bye());

    private static byte[] bytes(PeerMessage message) {
        return PeerCodec.write(new PeerFrame(10, 11, 12, message));
    }

    @Test
    void whatIsWrittenIsRead() throws BadPeerMessage {
        for (PeerMessage message : KINDS) {
            PeerFrame frame = PeerCodec.read(bytes(message));
            assertThat(frame.from()).isEqualTo(10);
            assertThat(frame.to()).isEqualTo(11);
            assertThat(frame.sequence()).isEqualTo(12);
            assertThat(frame.message()).usingRecursiveComparison().isEqualTo(message);
        }
    }

    @Test
    void whatPromptsHaveInCommonIsWrittenOnce() throws BadPeerMessage {
        long[] one = new SplittableRandom(1).longs(500).toArray();
        long[] other = one.clone();
        other[499]++;
        PeerMessage.Prefixes both =
                new PeerMessage.Prefixes(List.of(new Chain(1, Chain.ALL, one), new Chain(2, 17, other)));

        assertThat(bytes(both)).hasSizeLessThan(501 * 8 + 50);
        assertThat(PeerCodec.read(bytes(both)).message())
                .usingRecursiveComparison()
                .isEqualTo(both);
    }

    @Test
    void anotherVersionIsNamedAndNothingOfItIsRead() {
        byte[] next = bytes(new PeerMessage.Bye());
        next[1]++;
        assertThatThrownBy(() -> PeerCodec.read(next))
                .isInstanceOfSatisfying(
                        BadPeerMessage.class, bad -> assertThat(bad.why()).isEqualTo(BadPeerMessage.Why.VERSION));
    }

    @Test
    void everyBeginningOfAMessageIsRefused() {
        List<PeerMessage> all = new ArrayList<>(KINDS);
        all.add(new PeerMessage.Prefixes(List.of(new Chain(1, Chain.ALL, new long[] {1, 2, 3}))));
        for (PeerMessage message : all) {
            byte[] whole = bytes(message);
            int least = message instanceof PeerMessage.Answer ? whole.length - 2 : whole.length;
            for (int length = 0; length < least; length++) {
                byte[] cut = Arrays.copyOf(whole, length);
                assertThatThrownBy(() -> PeerCodec.read(cut)).isInstanceOf(BadPeerMessage.class);
            }
        }
    }

    @Test
    void aFewBytesNeverStandForGigabytes() {
        long[] hashes = new long[4000];
        List<Chain> many = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            many.add(new Chain(i, Chain.ALL, hashes)); // each but the first costs a dozen bytes
        }
        byte[] bomb = bytes(new PeerMessage.Prefixes(many));
        assertThat(bomb).hasSizeLessThan(64_000);
        assertThatThrownBy(() -> PeerCodec.read(bomb)).isInstanceOf(BadPeerMessage.class);
        assertThatThrownBy(() -> PeerCodec.read(new byte[PeerCodec.MOST + 1])).isInstanceOf(BadPeerMessage.class);
    }

    @Test
    void garbageIsRefusedOrReadButNeverThrowsAnythingElse() {
        SplittableRandom random = new SplittableRandom(5);
        int read = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = bytes(KINDS.get(random.nextInt(KINDS.size())));
            for (int change = 0; change <= random.nextInt(3); change++) {
                bytes[random.nextInt(2, bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                PeerCodec.read(bytes);
                read++;
            } catch (BadPeerMessage expected) {
                assertThat(expected.why()).isNotNull();
            }
        }
        assertThat(read).isPositive();
    }
}
