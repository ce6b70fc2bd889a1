package dev.sluice.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.spi.Signal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SnapshotTest {
    /** A pool to which random things happen, the same for the same seed. */
    private static final class Happening {
        final Fixture f = new Fixture(4, Fixture.settings(3, Duration.ofSeconds(2)));
        private final SplittableRandom random;
        private final List<Charge> charges = new ArrayList<>();

        Happening(long seed) {
            random = new SplittableRandom(seed);
        }

        void happen() {
            f.now += random.nextLong(300 * Fixture.MS);
            String id = "e" + random.nextInt(4);
            switch (random.nextInt(9)) {
                case 0, 1, 2 ->
                    f.pool.chargeServing(id, new Work(random.nextInt(1, 3000), 0, 50), f.now)
                            .ifPresent(charges::add);
                case 3 -> some().forEach(charge -> f.pool.firstToken(charge, f.now));
                case 4 -> some().forEach(charge -> f.pool.progress(charge, random.nextInt(1, 9)));
                case 5 ->
                    some().forEach(charge -> {
                        charges.remove(charge);
                        f.pool.settle(
                                charge,
                                Outcome.values()[random.nextInt(Outcome.values().length)],
                                Usage.UNKNOWN,
                                0,
                                0,
                                f.now);
                    });
                case 6 ->
                    f.pool.scraped(
                            id,
                            new Scrape(
                                    random.nextInt(5),
                                    random.nextInt(5),
                                    random.nextDouble(),
                                    16,
                                    1000,
                                    Adapters.UNKNOWN,
                                    Map.of()),
                            f.now);
                case 7 -> f.pool.setEndpoints(Fixture.endpoints(random.nextInt(3, 5)), f.now);
                default -> f.up(id);
            }
        }

        private List<Charge> some() {
            return charges.isEmpty() ? List.of() : List.of(charges.get(random.nextInt(charges.size())));
        }
    }

    private static String text(Snapshot snapshot) {
        StringBuilder text = new StringBuilder();
        for (int row = 0; row < snapshot.size(); row++) {
            text.append(snapshot.endpoint(row).id())
                    .append(' ')
                    .append(snapshot.status(row))
                    .append(' ')
                    .append(snapshot.slot(row))
                    .append(' ')
                    .append(snapshot.full(row))
                    .append(' ')
                    .append(snapshot.trust(row));
            for (Signal signal : Signal.values()) {
                text.append(' ').append(snapshot.signal(row, signal));
            }
            text.append('\n');
        }
        return text.toString();
    }

    @Test
    void aPictureThatSharesIsTheSameAsOneThatDoesNotAndNeverChanges() {
        for (long seed = 0; seed < 200; seed++) {
            Happening often = new Happening(seed);
            Happening once = new Happening(seed);
            List<Snapshot> taken = new ArrayList<>();
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                often.happen();
                once.happen();
                Snapshot picture = often.f.pool.snapshot(often.f.now);
                taken.add(picture);
                texts.add(text(picture));
            }
            assertThat(texts.getLast()).as("seed %s", seed).isEqualTo(text(once.f.pool.snapshot(once.f.now)));
            for (int i = 0; i < taken.size(); i++) {
                assertThat(text(taken.get(i)))
                        .as("seed %s, picture %s", seed, i)
                        .isEqualTo(texts.get(i));
            }
        }
    }

    @Test
    void whatIfChangesOneNumberOfOneRow() {
        Snapshot before = new Fixture(2).pool.snapshot(Fixture.SECOND);
        String text = text(before);
        for (Signal signal : Signal.values()) {
            Snapshot after = before.with(1, signal, 77);
            assertThat(after.signal(1, signal)).isEqualTo(77);
            assertThat(Double.compare(after.signal(0, signal), before.signal(0, signal)))
                    .isZero();
        }
        assertThat(text(before)).isEqualTo(text);
    }
}
