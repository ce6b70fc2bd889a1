package example.zoneprice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.spi.Factory;
import dev.sluice.spi.testkit.ScorerContract;
import dev.sluice.spi.testkit.TestCandidates;
import dev.sluice.spi.testkit.TestRequest;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class ZonePriceScorerTest extends ScorerContract<ZonePriceConfig> {
    @Override
    protected Factory<ZonePriceConfig> factory() {
        return ZonePricePlugin.scorer();
    }

    @Override
    protected ZonePriceConfig validConfig() {
        return new ZonePriceConfig("zone", Map.of("a", 1.2, "b", 2.4));
    }

    @Override
    protected List<Supplier<ZonePriceConfig>> invalidConfigs() {
        return List.of(
                () -> new ZonePriceConfig("zone", Map.of()),
                () -> new ZonePriceConfig("zone", Map.of("a", 0.0)),
                () -> new ZonePriceConfig("zone", Map.of("a", Double.NaN)));
    }

    @Test
    void halfThePriceIsTwiceTheScoreAndAnUnknownZoneIsNotJudged() {
        // The fake's endpoints stand in zones a, b and c, in turns.
        assertEquals(List.of(1.0, 0.5, Double.NaN), scores(TestRequest.PLAIN, TestCandidates.of(3)));
    }
}
