package dev.sluice.core.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TokenBucketTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    void aMinutesWorthCanBeTakenAtOnceAndComesBackEvenly() {
        TokenBucket bucket = new TokenBucket(600, 0);
        assertThat(bucket.waits(600, 0)).isZero();
        bucket.take(600, 0);
        assertThat(bucket.left(0)).isZero();
        assertThat(bucket.waits(1, 0)).isEqualTo(SECOND / 10);
        assertThat(bucket.left(SECOND)).isEqualTo(10);
        assertThat(bucket.untilFull(SECOND)).isEqualTo(59 * SECOND);
        assertThat(bucket.left(1000 * SECOND)).isEqualTo(600);
    }

    @Test
    void whoOverspendsWaitsUntilTheDebtIsPaid() {
        TokenBucket bucket = new TokenBucket(60, 0);
        bucket.take(90, 0);
        assertThat(bucket.left(0)).isZero();
        assertThat(bucket.waits(1, 0)).isEqualTo(31 * SECOND);
        assertThat(bucket.left(31 * SECOND)).isEqualTo(1);
    }

    @Test
    void moreThanItHoldsCanBeTakenWhenItIsFull() {
        TokenBucket bucket = new TokenBucket(60, 0);
        assertThat(bucket.waits(1_000, 0)).isZero();
        bucket.take(1, 0);
        assertThat(bucket.waits(1_000, 0)).isEqualTo(SECOND);
    }

    @Test
    void whatIsUsedStaysUsedWhenTheLimitChanges() {
        TokenBucket bucket = new TokenBucket(100, 0);
        bucket.take(40, 0);
        bucket.resize(50, 0);
        assertThat(bucket.left(0)).isEqualTo(10);
        bucket.resize(1000, 0);
        assertThat(bucket.left(0)).isEqualTo(960);
    }

    @Test
    void theLargestAmountsDoNotOverflow() {
        TokenBucket bucket = new TokenBucket(TokenBucket.MOST, 0);
        for (int i = 0; i < 100; i++) {
            bucket.take(Long.MAX_VALUE, i);
        }
        assertThat(bucket.left(100)).isZero();
        assertThat(bucket.waits(1, 100)).isBetween(3_599 * SECOND, 3_601 * SECOND);
        bucket.resize(1, 200);
        assertThat(bucket.left(Long.MAX_VALUE / 2)).isEqualTo(1);
    }

    @Test
    void howeverOftenItIsAskedNothingIsRoundedAway() {
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 200; round++) {
            long perMinute = random.nextLong(1, 1_000_000);
            TokenBucket often = new TokenBucket(perMinute, 0);
            TokenBucket once = new TokenBucket(perMinute, 0);
            often.take(perMinute, 0);
            once.take(perMinute, 0);
            long now = 0;
            for (int i = 0; i < 300; i++) {
                now += random.nextLong(0, 100_000_000);
                often.left(now);
            }
            assertThat(often.untilFull(now)).isEqualTo(once.untilFull(now));
            BigInteger exact = BigInteger.valueOf(now / 1000)
                    .multiply(BigInteger.valueOf(perMinute))
                    .divide(BigInteger.valueOf(60_000_000));
            assertThat(BigInteger.valueOf(often.left(now))).isEqualTo(exact.min(BigInteger.valueOf(perMinute)));
        }
    }
}
