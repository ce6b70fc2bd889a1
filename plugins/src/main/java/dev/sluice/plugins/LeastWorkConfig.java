package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.time.Duration;

/**
 * Parameters of {@code least-work-scorer}. The defaults are meant to stay; {@link LeastWorkScorer} says what they weigh.
 *
 * @param decodeWeight what a millisecond of this request's own decoding counts, against one before its first token
 * @param interferenceWeight what a millisecond counts that other running streams stand still for this request's prefill
 * @param crowdingWeight what a millisecond counts by which streams, this one included, become longer through each other
 * @param evictionWeight what a millisecond of prefill counts, a second time, for the cached blocks that it pushes out
 * @param kvFull use of the KV cache, 0..1, from which an engine with waiting requests is taken to admit none
 * @param sessionBonus time that the endpoint which served the session last is forgiven
 */
public record LeastWorkConfig(
        @Doc("Weight of the time this request's own decoding takes.") @Default("0.5") @Range(min = 0, max = 100)
        double decodeWeight,

        @Doc("Weight of the delay that running streams suffer through this request's prefill.")
        @Default("0.1")
        @Range(min = 0, max = 100)
        double interferenceWeight,

        @Doc("Weight of the time that streams lose to each other, this request's one included.")
        @Default("0.4")
        @Range(min = 0, max = 100)
        double crowdingWeight,

        @Doc("Weight of prefill a second time, for the cached blocks that it pushes out.")
        @Default("16.0")
        @Range(min = 0, max = 1000)
        double evictionWeight,

        @Doc("Use of the KV cache from which an engine with waiting requests is taken to admit none.")
        @Default("0.95")
        @Range(min = 0, max = 1)
        double kvFull,

        @Doc("Time that the endpoint which served the session last is forgiven; only breaks near-ties.") @Default("1ms")
        Duration sessionBonus) {
    /** The defaults, for those who build a policy without a configuration file. */
    public static LeastWorkConfig defaults() {
        return new LeastWorkConfig(0.5, 0.1, 0.4, 16, 0.95, Duration.ofMillis(1));
    }
}
