package dev.sluice.simulator.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.sluice.core.Leases;
import dev.sluice.simulator.fleet.Exchange;
import dev.sluice.simulator.fleet.Exchange.End;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SplitWorldTest {
    private static final int SEEDS = Integer.getInteger("sluice.splitSeeds", 300);

    @Test
    void hundredsOfLivesBreakNoInvariant() {
        Map<End, Integer> ends = new EnumMap<>(End.class);
        Map<Leases.End, Long> leases = new EnumMap<>(Leases.End.class);
        long prefilled = 0;
        long fetches = 0;
        long arrived = 0;
        long inVain = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            SplitWorld world = new SplitWorld(seed, SplitBug.NONE);
            try {
                world.run();
            } catch (AssertionError | RuntimeException broken) {
                throw new AssertionError("seed " + seed + ": " + broken.getMessage(), broken);
            }
            for (Exchange x : world.exchanges()) {
                ends.merge(Objects.requireNonNull(x.end()), 1, Integer::sum);
            }
            for (Leases.End how : Leases.End.values()) {
                leases.merge(how, world.ended(how), Long::sum);
            }
            prefilled += world.prefilled();
            fetches += world.fetches();
            arrived += world.fetchesArrived();
            inVain += world.fetchesFailed();
        }
        System.out.printf("%d seeds: %d prompts computed elsewhere, %s, leases %s%n", SEEDS, prefilled, ends, leases);
        System.out.printf("%d told to fetch a beginning, %d did, %d failed%n", fetches, arrived, inVain);
        assertThat(arrived).as("fetches that arrived").isGreaterThan(SEEDS);
        assertThat(inVain).as("requests that failed of a fetch").isPositive();
        assertThat(ends.get(End.COMPLETED)).isGreaterThan(SEEDS * 10);
        assertThat(prefilled).as("prompts computed elsewhere").isGreaterThan(SEEDS * 5L);
        assertThat(leases.values()).as("every way that a lease ends was seen").allMatch(count -> count > 0);
    }

    @Test
    void theSameSeedIsTheSameLife() {
        for (long seed = 0; seed < 20; seed++) {
            assertThat(new SplitWorld(seed, SplitBug.NONE).run()).isEqualTo(new SplitWorld(seed, SplitBug.NONE).run());
        }
    }

    @ParameterizedTest
    @EnumSource(value = SplitBug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aPlantedBugIsFound(SplitBug bug) {
        for (long seed = 0; seed < 1000; seed++) {
            try {
                new SplitWorld(seed, bug).run();
            } catch (Life.Violation | IllegalStateException found) {
                assertThat(found.getMessage()).isNotBlank();
                return;
            }
        }
        fail("a thousand seeds did not find " + bug);
    }
}
