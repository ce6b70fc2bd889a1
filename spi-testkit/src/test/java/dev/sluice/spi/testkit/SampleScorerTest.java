package dev.sluice.spi.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.spi.Factory;
import dev.sluice.spi.Signal;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class SampleScorerTest extends ScorerContract<SamplePlugin.Config> {
    @Override
    protected Factory<SamplePlugin.Config> factory() {
        return SamplePlugin.scorer();
    }

    @Override
    protected SamplePlugin.Config validConfig() {
        return SamplePlugin.CONFIG;
    }

    @Override
    protected List<Supplier<SamplePlugin.Config>> invalidConfigs() {
        return List.of(() -> new SamplePlugin.Config(1, List.of("nowhere")));
    }

    @Test
    void fewerWaitingIsBetter() {
        assertThat(scores(TestRequest.PLAIN, TestCandidates.of(3).with(Signal.WAITING, 0, 5, 20)))
                .containsExactly(1.0, 0.5, 0.0);
    }
}
