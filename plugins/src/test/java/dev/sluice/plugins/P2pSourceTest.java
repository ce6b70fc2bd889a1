package dev.sluice.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import dev.sluice.spi.Signal;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** llm-d's choice of a source, against numbers worked out by hand. */
class P2pSourceTest {
    private static final Endpoint COMPUTING = new Endpoint("x", "10.0.0.9:8000", Role.BOTH, Map.of());
    private final P2pSource picker = new P2pSource(new P2pSourceConfig(1, "prefill"));

    private static FakeCandidates sources(double... cached) {
        return FakeCandidates.of(cached.length)
                .with(Signal.CACHED_TOKENS, cached)
                .with(Signal.BLOCK_SIZE, 16)
                .with(Signal.WAITING, 0);
    }

    @ParameterizedTest
    @CsvSource({"'',0x811c9dc5", "a,0xe40c292c", "foobar,0xbf9cf968"})
    void theDrawIsTheHashThatItsAuthorsPublished(String id, String hash) {
        assertThat(P2pSource.draw(id) * 0x1p32).isEqualTo(Long.decode(hash).doubleValue());
    }

    @Test
    void whoHoldsMoreThanABlockLessThanTheMostIsNoSource() {
        // The fake's request is named r1 everywhere: whatever it draws, only the second one is left.
        assertThat(picker.source(new FakeRequest(1000), sources(900, 960, 943), COMPUTING, 0))
                .isEqualTo(1);
    }

    @Test
    void theLessWaitsThereTheMoreLikelyIsASource() {
        // weights 1 and 1/3: the first has the draws below 0.75
        double draw = P2pSource.draw(new FakeRequest(1000).id());
        int expected = draw < 0.75 ? 0 : 1;
        FakeCandidates two = sources(960, 950).with(Signal.WAITING, 0, 2);
        assertThat(picker.source(new FakeRequest(1000), two, COMPUTING, 0)).isEqualTo(expected);
        FakeCandidates turned = sources(960, 950).with(Signal.WAITING, 2, 0);
        assertThat(picker.source(new FakeRequest(1000), turned, COMPUTING, 0)).isEqualTo(draw < 0.25 ? 0 : 1);
        assertThat(draw).isCloseTo(P2pSource.draw(new FakeRequest(7).id()), within(0.0));
    }

    @Test
    void aDifferenceBelowTheOneThatIsWantedIsComputed() {
        P2pSource picky = new P2pSource(new P2pSourceConfig(512, "prefill"));
        assertThat(picky.source(new FakeRequest(1000), sources(900), COMPUTING, 500))
                .isNegative();
        assertThat(picky.source(new FakeRequest(1000), sources(900), COMPUTING, 388))
                .isZero();
    }
}
