package dev.sluice.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.peers.PeerLoad;
import dev.sluice.spi.Signal;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The ledger with what other replicas say that they have sent. */
class PeerLedgerTest {
    private final Fixture f = new Fixture(2, Fixture.settings(12, Duration.ZERO));

    private void others(int replicas, Map<String, PeerLoad> loads) {
        f.pool.peers(id -> loads.getOrDefault(id, PeerLoad.NONE), replicas);
    }

    private static PeerLoad requests(int count) {
        return new PeerLoad(count, count * 1000L, count * 1000L, 0, 0);
    }

    @Test
    void decisionsSeeTheWorkOfAllReplicas() {
        f.charge("e0", new Work(1000, 0, 100));
        others(1, Map.of("e0", new PeerLoad(3, 2500, 3000, 1, 700), "e1", requests(1)));
        assertThat(f.signal("e0", Signal.IN_FLIGHT_REQUESTS)).isEqualTo(4);
        assertThat(f.signal("e0", Signal.PENDING_PREFILL_TOKENS)).isEqualTo(3500);
        assertThat(f.signal("e0", Signal.IN_FLIGHT_TOKENS)).isEqualTo(4000);
        assertThat(f.signal("e0", Signal.DECODING_REQUESTS)).isEqualTo(1);
        assertThat(f.signal("e0", Signal.DECODING_TOKENS)).isEqualTo(700);
        assertThat(f.signal("e1", Signal.IN_FLIGHT_REQUESTS)).isEqualTo(1);
        assertThat(f.pool.inFlight()).as("but only its own are its own").isEqualTo(1);
    }

    @Test
    void whatIsToldToOthersIsOnesOwnAlone() {
        Charge charge = f.charge("e0", new Work(1000, 200, 100));
        others(2, Map.of("e0", requests(5)));
        assertThat(f.pool.own(f.now)).isEqualTo(Map.of("e0", new PeerLoad(1, 800, 800, 0, 0)));
        f.pool.firstToken(charge, f.now);
        assertThat(f.pool.own(f.now)).isEqualTo(Map.of("e0", new PeerLoad(1, 0, 0, 1, 1000)));
        f.settle(charge, Outcome.COMPLETED);
        assertThat(f.pool.own(f.now)).isEmpty();
    }

    @Test
    void whatOthersSaidEndsWithThem() {
        others(1, Map.of("e0", requests(9)));
        others(0, Map.of("e0", requests(9)));
        assertThat(f.signal("e0", Signal.IN_FLIGHT_REQUESTS)).isZero();
        assertThat(f.signal("e0", Signal.PENDING_PREFILL_TOKENS)).isZero();
    }

    @Test
    void aLimitIsSharedAndNobodyStarves() {
        others(1, Map.of("e0", requests(4)));
        assertThat(f.report("e0").concurrency()).isEqualTo(8);
        others(1, Map.of("e0", requests(12), "e1", requests(30)));
        assertThat(f.report("e0").concurrency()).as("an even share").isEqualTo(6);
        assertThat(f.pool.room()).isEqualTo(12);
        for (int i = 0; i < 6; i++) {
            f.charge("e0");
        }
        assertThat(f.tryCharge("e0", new Work(1, 0, 1))).isEmpty();
        others(0, Map.of());
        assertThat(f.tryCharge("e0", new Work(1, 0, 1))).isPresent();
    }

    @Test
    void workThatOthersHaveJustSentMakesAPickBeLookedAtAgain() {
        Snapshot seen = f.pool.snapshot(f.now);
        others(1, Map.of("e0", requests(2)));
        Work work = new Work(1000, 0, 1);
        assertThat(f.pool.charge(seen, Fixture.row(seen, "e0"), work, 0, f.now)).isEmpty();
        assertThat(f.pool.charge(seen, Fixture.row(seen, "e1"), work, 0, f.now)).isPresent();
    }
}
