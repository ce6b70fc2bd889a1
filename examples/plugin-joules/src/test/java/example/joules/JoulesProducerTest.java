package example.joules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.spi.Factory;
import dev.sluice.spi.testkit.ProducerContract;
import dev.sluice.spi.testkit.TestCandidates;
import dev.sluice.spi.testkit.TestClock;
import dev.sluice.spi.testkit.TestRequest;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class JoulesProducerTest extends ProducerContract<JoulesConfig> {
    private static final JoulesConfig CONFIG = JoulesFile.config();
    private final TestClock clock = new TestClock();

    @Override
    protected Factory<JoulesConfig> factory() {
        return JoulesPlugin.scorer(clock);
    }

    @Override
    protected JoulesConfig validConfig() {
        return CONFIG;
    }

    @Test
    void readingsAreWrittenByEndpoint() {
        TestCandidates produced = produced(TestRequest.PLAIN, TestCandidates.of(4));

        assertEquals(2.0, produced.attribute(1, JoulesScorer.ATTRIBUTE));
        assertTrue(Double.isNaN(produced.attribute(3, JoulesScorer.ATTRIBUTE)), "e3 has no reading");
    }

    @Test
    void aChangedFileIsTakenOverABrokenOneIsNotAndAnOldOneCountsNoMore() throws IOException {
        JoulesConfig config = JoulesFile.config("e0 3 # watts are not joules\n\n");
        System.Logger log = System.getLogger("joules");
        try (Readings readings = new Readings(config, clock, log)) {
            assertEquals(3, readings.joules("e0"));

            JoulesFile.rewrite(config.file(), "e0 5\n");
            readings.look();
            assertEquals(5, readings.joules("e0"));

            JoulesFile.rewrite(config.file(), "e0\n");
            readings.look();
            assertEquals(5, readings.joules("e0"), "the last good readings stay");

            clock.advance(Duration.ofMinutes(11));
            assertTrue(Double.isNaN(readings.joules("e0")), "a reading that is too old is unknown");
        }
    }
}
