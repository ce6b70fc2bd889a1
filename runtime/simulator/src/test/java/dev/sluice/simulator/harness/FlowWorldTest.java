package dev.sluice.simulator.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.sluice.simulator.fleet.Exchange;
import dev.sluice.simulator.fleet.Exchange.End;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** More or fewer lives: {@code -Dsluice.seeds=N}. */
class FlowWorldTest {
    private static final int SEEDS = Integer.getInteger("sluice.seeds", 600);

    @Test
    void manyLivesWithManyTenantsBreakNoInvariant() {
        Map<End, Integer> ends = new EnumMap<>(End.class);
        long shares = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            FlowWorld world = new FlowWorld(seed, FlowBug.NONE);
            try {
                world.run();
            } catch (AssertionError | RuntimeException broken) {
                throw new AssertionError("seed " + seed + ": " + broken.getMessage(), broken);
            }
            shares += world.shares();
            for (Exchange x : world.exchanges()) {
                ends.merge(Objects.requireNonNull(x.end()), 1, Integer::sum);
            }
        }
        assertThat(ends)
                .as("the queue was used in every way")
                .containsKeys(End.COMPLETED, End.CANCELLED, End.REFUSED_FULL, End.REFUSED_LATE, End.PUSHED_OUT);
        assertThat(shares).as("shares were compared").isGreaterThan(SEEDS * 10L);
    }

    @Test
    void theSameSeedIsTheSameLife() {
        for (long seed = 0; seed < 30; seed++) {
            assertThat(new FlowWorld(seed, FlowBug.NONE).run()).isEqualTo(new FlowWorld(seed, FlowBug.NONE).run());
        }
    }

    @ParameterizedTest
    @EnumSource(value = FlowBug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aPlantedBugIsFound(FlowBug bug) {
        for (long seed = 0; seed < 500; seed++) {
            try {
                new FlowWorld(seed, bug).run();
            } catch (FlowWorld.Violation | IllegalStateException found) {
                assertThat(found.getMessage()).isNotBlank();
                return;
            }
        }
        fail("five hundred seeds did not find " + bug);
    }
}
