package dev.sluice.gateway.trace;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceparentTest {
    private static final String GOOD = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    @Test
    void whatItSaysIsWhatIsWritten() {
        Traceparent read = Traceparent.of(GOOD).orElseThrow();
        assertThat(read)
                .isEqualTo(new Traceparent(0x0af7651916cd43ddL, 0x8448eb211c80319cL, 0xb7ad6b7169203331L, true));
        assertThat(read.header()).isEqualTo(GOOD);
        assertThat(Traceparent.of(GOOD.replace("-01", "-00")).orElseThrow().sampled())
                .isFalse();
        assertThat(Traceparent.of(GOOD.replace("-01", "-03")).orElseThrow().header())
                .as("flags that we do not know are not passed on")
                .isEqualTo(GOOD);
    }

    @Test
    void laterVersionsAreReadAsFarAsTheyLookLikeThisOne() {
        assertThat(Traceparent.of("cc" + GOOD.substring(2) + "-what-comes-later"))
                .isEqualTo(Traceparent.of(GOOD));
        assertThat(Traceparent.of("cc" + GOOD.substring(2))).isEqualTo(Traceparent.of(GOOD));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, 00",
                "0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
                "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more",
            })
    void whatIsNoneDoesNotCount(String header) {
        assertThat(Traceparent.of(header)).isEmpty();
    }
}
