package dev.sluice.core.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.peers.PeerMessage.Chain;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PrefixNewsTest {
    private static final long SECOND = 1_000_000_000L;
    private final PrefixNews news = new PrefixNews(1000, 5000);

    private static long[] chain(long seed, int length) {
        return new SplittableRandom(seed).longs(length).toArray();
    }

    private static List<Chain> chains(List<PeerMessage> messages) {
        return messages.stream()
                .flatMap(message -> ((PeerMessage.Prefixes) message).chains().stream())
                .toList();
    }

    @Test
    void aPromptIsToldOnceAndAgainWhenItIsStillInUseLater() {
        long[] prompt = chain(1, 10);
        news.sent(7, prompt, 10, 0);
        news.sent(7, prompt, 10, SECOND);
        assertThat(chains(news.take())).hasSize(1);
        assertThat(news.take()).isEmpty();
        news.sent(7, prompt, 10, 2 * SECOND);
        assertThat(news.take()).isEmpty();
        news.sent(7, prompt, 10, PrefixNews.AGAIN);
        assertThat(chains(news.take())).hasSize(1);
        news.sent(8, prompt, 10, PrefixNews.AGAIN);
        assertThat(chains(news.take())).extracting(Chain::endpoint).containsExactly(8L);
    }

    @Test
    void aConversationThatGoesOnTakesThePlaceOfItsBeginning() {
        long[] longer = chain(2, 30);
        news.sent(7, longer, 10, 0);
        news.sent(7, longer, 20, 0);
        news.sent(7, longer, 30, 0);
        assertThat(chains(news.take()))
                .singleElement()
                .satisfies(chain -> assertThat(chain.hashes()).isEqualTo(longer));
        assertThat(chains(news.all())).hasSize(1);
    }

    @Test
    void whatAnEndpointTurnedOutNotToHoldIsToldAndNotKept() {
        long[] prompt = chain(3, 10);
        news.sent(7, prompt, 10, 0);
        news.cut(7, prompt, 10, 4);
        assertThat(chains(news.take()))
                .singleElement()
                .satisfies(chain -> assertThat(chain.keep()).isEqualTo(4));
        assertThat(news.all()).isEmpty();
        news.sent(7, prompt, 10, 0);
        assertThat(chains(news.take())).hasSize(1);
    }

    @Test
    void tooManyAreLeftOutTheOldestFirstAndCounted() {
        for (int i = 0; i < 200; i++) {
            news.sent(7, chain(100 + i, 50), 50, 0);
        }
        List<Chain> told = chains(news.take());
        assertThat(told).hasSize(20);
        assertThat(told).anySatisfy(chain -> assertThat(chain.hashes()).isEqualTo(chain(299, 50)));
        assertThat(news.leftOut()).isEqualTo(180);
        assertThat(chains(news.all())).hasSize(100);
    }

    @Test
    void messagesStaySmallAndHoldEverything() {
        PrefixNews large = new PrefixNews(1 << 20, 1 << 20);
        long[] system = chain(1, 400);
        for (int i = 0; i < 300; i++) {
            long[] prompt = Arrays.copyOf(system, 450);
            System.arraycopy(chain(10 + i, 50), 0, prompt, 400, 50);
            large.sent(i % 4, prompt, 450, 0);
        }
        List<PeerMessage> messages = large.take();
        assertThat(chains(messages)).hasSize(300);
        assertThat(messages)
                .allSatisfy(message -> assertThat(PeerCodec.write(new PeerFrame(1, 1, 1, message)))
                        .hasSizeLessThan(PrefixNews.MESSAGE + 5000));
        long bytes = messages.stream()
                .mapToLong(message -> PeerCodec.write(new PeerFrame(1, 1, 1, message)).length)
                .sum();
        assertThat(bytes).as("shared beginnings are written once").isLessThan(300 * 50 * 8 * 3 / 2);
    }
}
