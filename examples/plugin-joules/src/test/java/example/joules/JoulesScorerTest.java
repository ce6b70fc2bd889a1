package example.joules;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.spi.Factory;
import dev.sluice.spi.testkit.ScorerContract;
import dev.sluice.spi.testkit.TestCandidates;
import dev.sluice.spi.testkit.TestClock;
import dev.sluice.spi.testkit.TestRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class JoulesScorerTest extends ScorerContract<JoulesConfig> {
    private static final JoulesConfig CONFIG = JoulesFile.config();

    @Override
    protected Factory<JoulesConfig> factory() {
        return JoulesPlugin.scorer(new TestClock());
    }

    @Override
    protected JoulesConfig validConfig() {
        return CONFIG;
    }

    @Override
    protected List<Supplier<JoulesConfig>> invalidConfigs() {
        return List.of(
                () -> new JoulesConfig(Path.of("nowhere", "at", "all"), Duration.ofSeconds(1), Duration.ofMinutes(1)),
                () -> new JoulesConfig(CONFIG.file(), Duration.ofMillis(1), Duration.ofMinutes(1)),
                () -> new JoulesConfig(CONFIG.file(), Duration.ofSeconds(2), Duration.ofSeconds(1)),
                () -> JoulesFile.config("e0 many\n"),
                () -> JoulesFile.config("e0 -3\n"));
    }

    @Override
    protected TestCandidates candidates(int count, long seed) {
        double[] joules = new double[count];
        for (int i = 0; i < count; i++) {
            joules[i] = (seed + i) % 4 == 0 ? Double.NaN : 1 + (seed * 31 + i) % 9;
        }
        return TestCandidates.of(count).with(JoulesScorer.ATTRIBUTE, joules);
    }

    @Test
    void halfTheEnergyIsTwiceTheScore() {
        TestCandidates candidates = TestCandidates.of(3).with(JoulesScorer.ATTRIBUTE, 2, 4, Double.NaN);

        assertEquals(List.of(1.0, 0.5, Double.NaN), scores(TestRequest.PLAIN, candidates));
    }
}
