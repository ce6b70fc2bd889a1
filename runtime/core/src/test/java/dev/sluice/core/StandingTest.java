package dev.sluice.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.discovery.Standing;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is said of endpoints where they were found. */
class StandingTest {
    private final Pool pool = new Pool(PoolSettings.of("chat"));

    @BeforeEach
    void oneEndpoint() {
        pool.setEndpoints(List.of(new Endpoint("a", "a:1", Role.BOTH, Map.of())), 0);
    }

    private EndpointReport report() {
        return pool.report(9).getFirst();
    }

    @Test
    void oneThatIsHeldGetsNothingHoweverWellItAnswers() {
        pool.standing("a", Standing.HELD, "discovered, and not ready", 8, 1);
        pool.probeSucceeded("a", List.of("m"), 2);
        assertThat(pool.serving()).isFalse();
        assertThat(pool.dueProbes(3)).isEmpty();
        assertThat(report().reason()).isEqualTo("discovered, and not ready");
    }

    @Test
    void onceItMayItIsAskedAgainAndThenServes() {
        pool.standing("a", Standing.HELD, "not ready", 8, 1);
        pool.probeFailed("a", "refused", 2);
        assertThat(report().reason()).isEqualTo("not ready");
        pool.standing("a", Standing.IN, "ready", 8, 3);
        assertThat(pool.serving()).isFalse();
        assertThat(pool.dueProbes(4)).containsExactly("a");
        pool.probeSucceeded("a", List.of("m"), 5);
        assertThat(pool.serving()).isTrue();
    }

    @Test
    void oneThatIsGoingGetsNothingNewAndComesBackOnlyByBeingAsked() {
        pool.probeSucceeded("a", List.of("m"), 1);
        pool.standing("a", Standing.DRAINING, "its pod is being deleted", 8, 2);
        pool.probeSucceeded("a", List.of("m"), 3);
        assertThat(pool.serving()).isFalse();
        assertThat(report().status()).isEqualTo(EndpointStatus.DRAINING);
        assertThat(report().reason()).isEqualTo("its pod is being deleted");
    }

    @Test
    void beingToldTheSameAgainChangesNothing() {
        pool.probeSucceeded("a", List.of("m"), 1);
        pool.standing("a", Standing.IN, "ready", 8, 2);
        assertThat(pool.serving()).isTrue();
    }

    @Test
    void itGetsNoMoreRequestsAtATimeThanItsRevisionAllows() {
        pool.probeSucceeded("a", List.of("m"), 1);
        assertThat(pool.room()).isGreaterThan(3);
        pool.standing("a", Standing.IN, "ready", 3, 2);
        assertThat(pool.room()).isEqualTo(3);
        assertThat(report().concurrency()).isEqualTo(3);
    }
}
