package dev.sluice.core.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class QuotaTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MINUTE = 60 * SECOND;

    @Test
    void eachLimitRefusesByItsOwnName() {
        Quota quota = new Quota(new Limits(2, 1000, 1), Map.of(), 0);
        Hold first = quota.reserve("m", 400, 0).hold().orElseThrow();
        assertThat(quota.reserve("m", 1, 0).exceeded().orElseThrow().what()).isEqualTo(Exceeded.What.CONCURRENT);
        quota.settle(first, 400, 0);
        assertThat(quota.reserve("m", 601, 0).exceeded())
                .contains(new Exceeded(Exceeded.What.TOKENS, SECOND * 60 / 1000));
        quota.settle(quota.reserve("m", 600, 0).hold().orElseThrow(), 600, 0);
        assertThat(quota.reserve("m", 0, 0).exceeded()).contains(new Exceeded(Exceeded.What.REQUESTS, 30 * SECOND));
    }

    @Test
    void whatIsRefusedTakesNothing() {
        Quota quota = new Quota(new Limits(100, 1000, 0), Map.of("m", new Limits(0, 100, 0)), 0);
        quota.settle(quota.reserve("m", 100, 0).hold().orElseThrow(), 100, 0);
        for (int i = 0; i < 50; i++) {
            assertThat(quota.reserve("m", 50, 0).hold()).isEmpty();
        }
        assertThat(quota.standing(0).requests().left()).isEqualTo(99);
        assertThat(quota.standing(0).tokens().left()).isEqualTo(900);
        assertThat(quota.reserve("other", 900, 0).hold()).isPresent();
    }

    @Test
    void whatWasSetAsideAndNotUsedComesBackAndOnlyOnce() {
        Quota quota = new Quota(new Limits(0, 1000, 0), Map.of(), 0);
        Hold hold = quota.reserve("m", 800, 0).hold().orElseThrow();
        assertThat(quota.standing(0).tokens().left()).isEqualTo(200);
        quota.settle(hold, 30, 0);
        quota.settle(hold, 30, 0);
        quota.settle(hold, 0, 0);
        assertThat(quota.standing(0).tokens().left()).isEqualTo(970);
        assertThat(quota.inFlight()).isZero();
        assertThat(quota.settledTokens()).isEqualTo(30);
    }

    @Test
    void anAnswerThatGrowsTakesMoreAsLongAsThereIsAny() {
        Quota quota = new Quota(new Limits(0, 1000, 0), Map.of("m", new Limits(0, 600, 0)), 0);
        Hold hold = quota.reserve("m", 300, 0).hold().orElseThrow();
        assertThat(quota.extend(hold, 300, 64, 0)).as("what it has").isTrue();
        assertThat(quota.extend(hold, 310, 64, 0)).isTrue();
        assertThat(hold.tokens()).as("and some ahead").isEqualTo(374);
        assertThat(quota.extend(hold, 580, 64, 0)).isTrue();
        assertThat(hold.tokens())
                .as("where there is not so much, what it lacks")
                .isEqualTo(580);
        assertThat(quota.extend(hold, 601, 64, 0)).as("the model's own limit").isFalse();
        assertThat(hold.tokens()).isEqualTo(580);
        assertThat(quota.standing(0).tokens().left()).isEqualTo(420);
        assertThat(quota.extend(hold, 601, 64, SECOND * 10))
                .as("later there is more")
                .isTrue();
        quota.settle(hold, 590, SECOND * 10);
        assertThat(quota.extend(hold, 5000, 64, SECOND * 10))
                .as("nobody asks any more")
                .isTrue();
        assertThat(quota.settledTokens()).isEqualTo(590);
        assertThat(quota.standing(SECOND * 200).tokens().left()).isEqualTo(1000);

        Hold other = quota.reserve("other", 0, SECOND * 200).hold().orElseThrow();
        assertThat(quota.extend(other, 1000, 64, SECOND * 200)).isTrue();
        assertThat(quota.extend(other, 1001, 64, SECOND * 200)).isFalse();
    }

    @Test
    void otherLimitsTakeEffectWhileRequestsRun() {
        Quota quota = new Quota(new Limits(0, 1000, 2), Map.of("m", new Limits(0, 500, 0)), 0);
        Hold hold = quota.reserve("m", 300, 0).hold().orElseThrow();
        quota.limits(new Limits(0, 2000, 1), Map.of(), 0);
        assertThat(quota.standing(0).tokens().left()).isEqualTo(1700);
        assertThat(quota.reserve("m", 1, 0).hold()).isEmpty();
        quota.settle(hold, 100, 0);
        assertThat(quota.standing(0).tokens().left()).isEqualTo(1900);
        assertThat(quota.reserve("m", 1, 0).hold()).isPresent();
    }

    /** A request of the simulation: what it sets aside and what becomes of it. */
    private record Running(Hold hold, long ends, long costs) {}

    @Test
    void overAMillionRequestsThatEndInEveryWayNothingIsLostOrFoundTwice() {
        SplittableRandom random = new SplittableRandom(20260701);
        Limits limits = new Limits(60_000, 20_000_000, 64);
        Quota quota = new Quota(limits, Map.of("small", new Limits(10_000, 4_000_000, 16)), 0);
        List<Running> running = new ArrayList<>();
        long now = 0;
        long cost = 0;
        long admitted = 0;
        long refused = 0;
        for (int i = 0; i < 1_000_000; i++) {
            now += random.nextLong(0, 600_000);
            for (int r = running.size() - 1; r >= 0; r--) {
                if (running.get(r).ends() <= now) {
                    Running done = running.remove(r);
                    quota.settle(done.hold(), done.costs(), now);
                    if (random.nextInt(10) == 0) {
                        quota.settle(done.hold(), 12345, now); // a second way out
                    }
                    cost += done.costs();
                }
            }
            if (!running.isEmpty() && random.nextInt(4) == 0) {
                Hold grows = running.get(random.nextInt(running.size())).hold();
                quota.extend(grows, grows.tokens() + random.nextLong(0, 100), random.nextLong(0, 64), now);
            }
            long prompt = random.nextLong(1, 400);
            long most = random.nextLong(1, 400);
            Quota.Reserved reserved = quota.reserve(random.nextInt(3) == 0 ? "small" : "large", prompt + most, now);
            if (reserved.hold().isEmpty()) {
                refused++;
                continue;
            }
            admitted++;
            long costs = switch (random.nextInt(6)) {
                case 0 -> 0; // no engine took it, or it was cancelled in the queue
                case 1 -> prompt; // the client left before the first token, or the engine crashed there
                case 2 -> prompt + random.nextLong(0, most); // cut or cancelled in the middle
                case 3 -> prompt + most + random.nextLong(0, 300); // longer than was learned; or a retry's second leg
                default -> prompt + random.nextLong(0, most + 1);
            };
            long lasts = random.nextInt(50) == 0 ? 3 * SECOND : random.nextLong(0, 60_000_000);
            running.add(new Running(reserved.hold().orElseThrow(), now + lasts, costs));
            assertThat(quota.inFlight()).isEqualTo(running.size()).isLessThanOrEqualTo(64);
        }
        for (Running last : running) {
            quota.settle(last.hold(), last.costs(), now);
            cost += last.costs();
        }
        assertThat(quota.inFlight()).isZero();
        assertThat(quota.settledTokens() - cost).as("drift, tokens").isZero();
        assertThat(quota.admitted()).isEqualTo(admitted);
        assertThat(refused).as("refusals").isGreaterThan(10_000);
        assertThat(admitted).isGreaterThan(200_000);
        long later = now + 2 * 60 * MINUTE;
        assertThat(quota.standing(later).tokens().left()).isEqualTo(limits.tokensPerMinute());
        assertThat(quota.standing(later).requests().left()).isEqualTo(limits.requestsPerMinute());
    }

    @Test
    void inNoMinuteIsMoreSpentThanTheBucketHeldAndGained() {
        SplittableRandom random = new SplittableRandom(3);
        Quota quota = new Quota(new Limits(0, 6000, 0), Map.of(), 0);
        long spent = 0;
        for (long now = 0; now < 10 * MINUTE; now += random.nextLong(0, 200_000_000)) {
            long cost = random.nextLong(1, 200);
            Quota.Reserved reserved = quota.reserve("m", cost, now);
            if (reserved.hold().isPresent()) {
                quota.settle(reserved.hold().get(), cost, now);
                spent += cost;
            }
            assertThat(spent).isLessThanOrEqualTo(6000 + now / 10_000_000 + 1);
        }
        assertThat(spent).isGreaterThan(60_000);
    }
}
