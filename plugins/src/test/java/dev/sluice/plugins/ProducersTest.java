package dev.sluice.plugins;

import static dev.sluice.plugins.Golden.UNKNOWN;
import static dev.sluice.plugins.Golden.scores;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Ending;
import dev.sluice.spi.Signal;
import dev.sluice.spi.testkit.TestCandidates;
import dev.sluice.spi.testkit.TestChoice;
import dev.sluice.spi.testkit.TestContext;
import dev.sluice.spi.testkit.TestEnding;
import dev.sluice.spi.testkit.TestRequest;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProducersTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # own block | autoTune | blockSize | most tokens | most blocks | prompt | cached | matched | total | block
            16          | true     | 64        | 131072      | 2048        | 1000   | 500    | 31      | 63    | 16
            16          | false    | 64        | 131072      | 2048        | 1000   | 500    | 7       | 16    | 64
            NaN         | true     | 64        | 131072      | 2048        | 1000   | 500    | 7       | 16    | 64
            16          | true     | 64        | 320         | 2048        | 1000   | 500    | 20      | 20    | 16
            16          | true     | 64        | 0           | 10          | 1000   | 64     | 4       | 10    | 16
            16          | true     | 64        | 0           | 0           | 100000 | 99999  | 6249    | 6250  | 16
            16          | true     | 64        | 131072      | 2048        | 1000   | 1000   | 63      | 63    | 16
            16          | true     | 64        | 131072      | 2048        | 1000   | NaN    | 0       | 63    | 16
            """)
    void matchesAreCountedInBlocks(
            double own,
            boolean autoTune,
            int blockSize,
            int mostTokens,
            int mostBlocks,
            double prompt,
            double cached,
            double matched,
            double total,
            double block) {
        ApproxPrefixCacheProducer producer = new ApproxPrefixCacheProducer(
                new ApproxPrefixCacheConfig(autoTune, blockSize, mostTokens, mostBlocks, 31_250), Golden.context("kv"));
        TestCandidates candidates = TestCandidates.of(1)
                .with(Signal.BLOCK_SIZE, own)
                .with(Signal.PROMPT_TOKENS, prompt)
                .with(Signal.CACHED_TOKENS, cached);
        producer.produce(TestRequest.PLAIN, candidates, candidates);
        assertThat(candidates.attribute(0, "kv/matched-blocks")).isEqualTo(matched);
        assertThat(candidates.attribute(0, "kv/total-blocks")).isEqualTo(total);
        assertThat(candidates.attribute(0, "kv/block-tokens")).isEqualTo(block);
    }

    @Test
    void aScorerReadsTheProducerThatItNames() {
        TestContext context = Golden.context("prefix-cache-scorer").with("kv", kv("kv"));
        PrefixCacheScorer scorer = new PrefixCacheScorer(new PrefixCacheConfig("kv", 0, 8192), context);
        TestCandidates candidates = TestCandidates.of(3)
                .with("kv/matched-blocks", 3, UNKNOWN, 99)
                .with("kv/total-blocks", 4, 4, 4)
                .with("kv/block-tokens", 16, 16, 16)
                .with(Signal.CACHED_TOKENS, 0, 1000, 0);
        assertThat(scores(scorer, TestRequest.PLAIN, candidates)).containsExactly(0.75, 0, 1);
        assertThat(scores(scorer, TestRequest.PLAIN, TestCandidates.of(1))).containsExactly(0);
        assertThatThrownBy(() -> new PrefixCacheScorer(
                        new PrefixCacheConfig("exact", 0, 8192), Golden.context("prefix-cache-scorer")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("exact");
    }

    @Test
    void oneThatNamesNoneReadsTheDefaultProducerIfThereIsOne() {
        String type = "approx-prefix-cache-producer";
        TestContext with = Golden.context("prefix-cache-scorer").with(type, kv(type));
        TestCandidates candidates = TestCandidates.of(1)
                .with(type + "/matched-blocks", 1)
                .with(type + "/total-blocks", 2)
                .with(Signal.PROMPT_TOKENS, 100)
                .with(Signal.CACHED_TOKENS, 25);
        assertThat(scores(
                        new PrefixCacheScorer(new PrefixCacheConfig("", 0, 8192), with), TestRequest.PLAIN, candidates))
                .containsExactly(0.5);
        assertThat(scores(
                        new PrefixCacheScorer(
                                new PrefixCacheConfig(type, 0, 8192), Golden.context("prefix-cache-scorer")),
                        TestRequest.PLAIN,
                        candidates))
                .containsExactly(0.25);
    }

    @Test
    void loadIsTheLedgersAndExpectedOutputIsAddedUntilAnswersEnd() {
        InflightLoadProducer producer = new InflightLoadProducer(
                new InflightLoadConfig(true, 1.5, OptionalInt.of(1200), "", true), Golden.context("load"));
        TestCandidates candidates =
                TestCandidates.of(2).with(Signal.IN_FLIGHT_REQUESTS, 2, 0).with(Signal.IN_FLIGHT_TOKENS, 700, 0);
        TestRequest small = TestRequest.PLAIN.withPromptTokens(100);
        TestChoice first = TestChoice.of(candidates.endpoint(0));
        producer.chosen(small, candidates, first);
        producer.chosen(TestRequest.PLAIN, candidates, first);
        // 100 * 1.5 = 150 and min(1000 * 1.5, 1200) = 1200
        assertThat(produced(producer, candidates, "load/tokens")).containsExactly(700 + 1350, 0);
        assertThat(produced(producer, candidates, "load/requests")).containsExactly(2, 0);
        producer.began(small, first, 1);
        producer.ended(TestRequest.PLAIN, first, TestEnding.of(Ending.Kind.COMPLETED));
        assertThat(produced(producer, candidates, "load/tokens")).containsExactly(700 + 150, 0);
        producer.ended(small, first, TestEnding.of(Ending.Kind.CANCELLED));
        producer.ended(small, first, TestEnding.of(Ending.Kind.CANCELLED));
        assertThat(produced(producer, candidates, "load/tokens")).containsExactly(700, 0);
        assertThat(producer.stateful()).isTrue();
    }

    @Test
    void withoutExpectedOutputNothingIsRemembered() {
        InflightLoadProducer producer = new InflightLoadProducer(
                new InflightLoadConfig(false, 1.5, OptionalInt.empty(), "", true), Golden.context("load"));
        TestCandidates candidates = TestCandidates.of(1).with(Signal.IN_FLIGHT_TOKENS, 50);
        producer.chosen(TestRequest.PLAIN, candidates, TestChoice.of(candidates.endpoint(0)));
        assertThat(produced(producer, candidates, "load/tokens")).containsExactly(50);
        assertThat(producer.stateful()).isFalse();
    }

    @Test
    void loadScorersReadTheProducerThatTheyName() {
        InflightLoadProducer producer = new InflightLoadProducer(
                new InflightLoadConfig(false, 1.5, OptionalInt.empty(), "", true), Golden.context("load"));
        TestContext context = Golden.context("active-request-scorer").with("load", producer);
        ActiveRequestScorer scorer = new ActiveRequestScorer(new ActiveRequestConfig(0, 1, "load"), context);
        TestCandidates candidates = TestCandidates.of(3).with("load/requests", 1, 4, UNKNOWN);
        assertThat(scores(scorer, TestRequest.PLAIN, candidates)).containsExactly(0.75, 0, UNKNOWN);
    }

    private static ApproxPrefixCacheProducer kv(String name) {
        return new ApproxPrefixCacheProducer(
                new ApproxPrefixCacheConfig(true, 16, 131_072, 2048, 31_250), Golden.context(name));
    }

    private static double[] produced(InflightLoadProducer producer, TestCandidates candidates, String name) {
        producer.produce(TestRequest.PLAIN, candidates, candidates);
        double[] values = new double[candidates.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = candidates.attribute(i, name);
        }
        return values;
    }
}
