package dev.sluice.simulator.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.sluice.simulator.fleet.Exchange;
import dev.sluice.simulator.fleet.Exchange.End;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WorldTest {
    private static final int SEEDS = Integer.getInteger("sluice.seeds", 1000);

    @Test
    void aThousandLivesBreakNoInvariant() {
        Map<End, Integer> ends = new EnumMap<>(End.class);
        for (long seed = 0; seed < SEEDS; seed++) {
            World world = new World(seed, Bug.NONE);
            try {
                world.run();
            } catch (AssertionError | RuntimeException broken) {
                throw new AssertionError("seed " + seed + ": " + broken.getMessage(), broken);
            }
            for (Exchange x : world.exchanges()) {
                ends.merge(java.util.Objects.requireNonNull(x.end()), 1, Integer::sum);
            }
        }
        assertThat(ends)
                .as("every way to end was seen")
                .containsOnlyKeys(
                        EnumSet.complementOf(EnumSet.of(End.PUSHED_OUT)).toArray(End[]::new));
        assertThat(ends.get(End.COMPLETED)).isGreaterThan(SEEDS * 10);
    }

    @Test
    void theSameSeedIsTheSameLife() {
        for (long seed = 0; seed < 50; seed++) {
            assertThat(new World(seed, Bug.NONE).run()).isEqualTo(new World(seed, Bug.NONE).run());
        }
        assertThat(new World(1, Bug.NONE).run()).isNotEqualTo(new World(2, Bug.NONE).run());
    }

    @ParameterizedTest
    @EnumSource(value = Bug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aPlantedBugIsFound(Bug bug) {
        for (long seed = 0; seed < 1000; seed++) {
            try {
                World world = new World(seed, bug);
                long hash = world.run();
                if (bug == Bug.IDENTITY_ORDER && hash != new World(seed, bug).run()) {
                    return;
                }
            } catch (Life.Violation | IllegalStateException found) {
                assertThat(found.getMessage()).isNotBlank();
                return;
            }
        }
        fail("a thousand seeds did not find " + bug);
    }
}
