package dev.sluice.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ConcurrencyLimitTest {
    private final ConcurrencyLimit limit = new ConcurrencyLimit();

    /** An engine that runs so many at once, given all that the limit allows. */
    private void pages(int count, int capacity, int wanted) {
        for (int i = 0; i < count; i++) {
            int here = Math.min(wanted, limit.limit());
            limit.scraped(Math.min(capacity, here), Math.max(0, here - capacity), here);
        }
    }

    @Test
    void withoutAWordFromTheEngineItIsThePrior() {
        assertThat(limit.limit()).isEqualTo(256);
        limit.scraped(Double.NaN, 100, 200);
        limit.scraped(8, Double.NaN, 200);
        assertThat(limit.limit()).isEqualTo(256);
    }

    @Test
    void aLineAsLongAsWhatRunsIsLeftAtTheEngine() {
        pages(2, 40, 1000);
        assertThat(limit.limit()).isEqualTo(80);
    }

    @Test
    void aSmallEngineIsFoundWithinTwoPagesAndNeverFallsBelowTheLeast() {
        pages(2, 4, 1000);
        assertThat(limit.limit()).isEqualTo(16);
    }

    @Test
    void anEngineThatRunsMoreThanThePriorGetsMore() {
        pages(3, 1024, 5000);
        assertThat(limit.limit()).isEqualTo(2048);
    }

    @Test
    void aLineOfAMomentTeachesNothing() {
        for (int i = 0; i < 100; i++) {
            limit.scraped(3, i % 2, 4);
        }
        assertThat(limit.limit()).isEqualTo(256);
    }

    @Test
    void anIdleEngineTeachesNothing() {
        for (int i = 0; i < 100; i++) {
            limit.scraped(2, 0, 2);
        }
        assertThat(limit.limit()).isEqualTo(256);
    }

    @Test
    void answersThatWaitForSlowReadersTeachNothing() {
        for (int i = 0; i < 100; i++) {
            limit.scraped(0, 0, 256);
        }
        assertThat(limit.limit()).isEqualTo(256);
        pages(2, 40, 1000);
        for (int i = 0; i < 100; i++) {
            limit.scraped(3, 0, 80);
        }
        assertThat(limit.limit()).isEqualTo(80);
    }

    @Test
    void aBurstOfPromptsDoesNotHoldTheEngineBackAfterwards() {
        // 200 long prompts come at once: they run one by one at first, and all together in the end.
        for (int running = 2; running < 40; running += 2) {
            limit.scraped(running, 200 - running, 200);
        }
        assertThat(limit.limit()).isEqualTo(76);
        int pages = 0;
        while (limit.limit() < 512) {
            limit.scraped(limit.limit(), 0, limit.limit());
            pages++;
        }
        assertThat(pages).as("it doubles while there is no line").isLessThanOrEqualTo(3);
    }

    @Test
    void longerRequestsThatFillTheCacheLowerItSlowly() {
        pages(10, 200, 1000);
        assertThat(limit.limit()).isEqualTo(400);
        pages(1, 50, 1000);
        assertThat(limit.limit()).isGreaterThan(370);
        pages(100, 50, 1000);
        assertThat(limit.limit()).isBetween(100, 105);
    }

    @Test
    void whatOtherGatewaysHaveThereCountsAgainstUs() {
        for (int i = 0; i < 50; i++) {
            limit.scraped(100, 60, 80);
        }
        assertThat(limit.limit()).as("twice 100, of which others have 80").isEqualTo(120);
    }

    @Test
    void twoGatewaysBeforeOneEngineEndUpWithItsLimitBetweenThem() {
        ConcurrencyLimit other = new ConcurrencyLimit();
        int a = 0;
        int b = 0;
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 400; i++) {
            a += Integer.signum(limit.limit() - a) * random.nextInt(1, 10);
            b += Integer.signum(other.limit() - b) * random.nextInt(1, 10);
            int both = a + b;
            limit.scraped(Math.min(64, both), Math.max(0, both - 64), a);
            other.scraped(Math.min(64, both), Math.max(0, both - 64), b);
        }
        assertThat(a + b).isBetween(110, 150);
        assertThat(a).isGreaterThan(15);
        assertThat(b).isGreaterThan(15);
    }

    @Test
    void aStuckEngineKeepsTheLeast() {
        for (int i = 0; i < 200; i++) {
            limit.scraped(0, 30, 30);
        }
        assertThat(limit.limit()).isEqualTo(16);
    }

    @Test
    void aPoolWithoutANumberLearnsAndOneWithANumberDoesNot() {
        for (int configured : new int[] {PoolSettings.AUTO, 256}) {
            Fixture f = new Fixture(2, Fixture.settings(configured, Duration.ZERO));
            for (int i = 0; i < 20; i++) {
                f.charge("e0");
            }
            for (int i = 0; i < 3; i++) {
                f.pool.scraped("e0", new Scrape(12, 8, 0.9, 16, 1000), f.now);
            }
            boolean auto = configured == PoolSettings.AUTO;
            assertThat(f.report("e0").concurrency()).isEqualTo(auto ? 16 : 256);
            assertThat(f.report("e1").concurrency()).isEqualTo(256);
            Snapshot snapshot = f.pool.snapshot(f.now);
            assertThat(snapshot.full(Fixture.row(snapshot, "e0"))).isEqualTo(auto);
            assertThat(f.tryCharge("e0", new Work(1, 0, 1)).isPresent()).isEqualTo(!auto);
            assertThat(f.pool.room()).isEqualTo(auto ? 256 : 256 - 21 + 256);
        }
    }
}
