package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.core.EndpointReport;
import dev.sluice.core.EndpointStatus;
import dev.sluice.core.discovery.Picture;
import dev.sluice.gateway.config.PrewarmConfig;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PrewarmingTest {
    private static final long HOLD = 300_000;

    private record Scaled(String revision, int least, long until) {}

    private final BlockingQueue<Scaled> scaled = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> outcomes = new LinkedBlockingQueue<>();
    private Optional<String> refusal = Optional.empty();
    private long time = 1_800_000_000_000L;
    private long total;

    private Prewarming prewarming(PrewarmConfig.Mode mode) {
        return new Prewarming("chat", config(mode), this::scale, outcomes::add);
    }

    private static PrewarmConfig config(PrewarmConfig.Mode mode) {
        return new PrewarmConfig(mode, Duration.ofSeconds(60), Duration.ofMillis(HOLD), 4, OptionalInt.empty());
    }

    private Optional<String> scale(Picture.Revision revision, int least, long until) {
        if (refusal.isEmpty()) {
            scaled.add(new Scaled(revision.name(), least, until));
        }
        return refusal;
    }

    private static EndpointReport report(Role role, int inFlight) {
        return new EndpointReport(
                new Endpoint(role.label(), "10.0.0.1:8012", role, Map.of()),
                EndpointStatus.READY,
                "",
                0,
                List.of("m"),
                inFlight,
                64,
                0,
                0,
                0,
                0,
                1,
                0);
    }

    static Picture.Revision revision(String name, Role role, double perPod, int least, int floor, long until) {
        return new Picture.Revision(
                name,
                "ns",
                name,
                OptionalInt.of(100),
                List.of("door"),
                "",
                new Picture.Scaling(role, perPod, least, floor, until));
    }

    /** So many seconds in which requests come evenly; prefill takes 0.5 s of each, decode 4. */
    private void run(Prewarming prewarming, int seconds, int perSecond, List<Picture.Revision> revisions) {
        List<EndpointReport> reports = new ArrayList<>();
        reports.add(report(Role.PREFILL, perSecond / 2));
        reports.add(report(Role.DECODE, perSecond * 4));
        for (int i = 0; i < seconds; i++) {
            time += 1000;
            total += perSecond;
            prewarming.tick(reports, total, revisions, time * 1_000_000, time);
        }
    }

    @Test
    void prefillAndDecodeGetPodsByTheWorkThatEachHas() throws Exception {
        Prewarming prewarming = prewarming(PrewarmConfig.Mode.PATCH);
        run(prewarming, 120, 4, List.of());
        assertThat(prewarming.seen().rate()).isCloseTo(4, within(0.1));
        assertThat(prewarming.seen().seconds().get("prefill")).isCloseTo(0.5, within(0.05));
        assertThat(prewarming.seen().seconds().get("decode")).isCloseTo(4, within(0.2));
        assertThat(prewarming.seen().concurrency().get("decode")).isCloseTo(16, within(2.0));
        run(
                prewarming,
                1,
                4,
                List.of(revision("p", Role.PREFILL, 2.5, 0, 0, 0), revision("d", Role.DECODE, 7, 0, 0, 0)));
        assertThat(prewarming.seen().pods()).containsEntry("p", 1).containsEntry("d", 3);
        assertThat(List.of(scaled.take(), scaled.take()))
                .containsExactlyInAnyOrder(new Scaled("p", 1, time + HOLD), new Scaled("d", 3, time + HOLD));
        assertThat(outcomes.take()).isEqualTo("changed");
    }

    @Test
    void whatWasRaisedIsGivenBackWhenNothingCameForTheHold() throws Exception {
        Prewarming prewarming = prewarming(PrewarmConfig.Mode.PATCH);
        run(prewarming, 60, 4, List.of());
        long until = time + HOLD;
        run(prewarming, 240, 0, List.of(revision("d", Role.DECODE, 7, 3, 0, until)));
        assertThat(scaled).isEmpty();
        run(prewarming, 90, 0, List.of(revision("d", Role.DECODE, 7, 3, 0, until)));
        assertThat(scaled.poll(10, TimeUnit.SECONDS)).isEqualTo(new Scaled("d", 0, 0));
    }

    @Test
    void aDryRunChangesNothingAndSaysWhatItWould() {
        Prewarming prewarming = prewarming(PrewarmConfig.Mode.DRY_RUN);
        run(prewarming, 120, 4, List.of(revision("d", Role.DECODE, 7, 0, 0, 0)));
        assertThat(prewarming.seen().pods()).containsEntry("d", 3);
        assertThat(scaled).isEmpty();
        assertThat(outcomes).isEmpty();
    }

    @Test
    void aRefusalIsCountedAndTriedAgainOnlyNowAndThen() throws Exception {
        refusal = Optional.of("may not patch revisions");
        Prewarming prewarming = prewarming(PrewarmConfig.Mode.PATCH);
        run(prewarming, 60, 4, List.of());
        List<Picture.Revision> revisions = List.of(revision("d", Role.DECODE, 7, 0, 0, 0));
        run(prewarming, 1, 4, revisions);
        assertThat(outcomes.poll(10, TimeUnit.SECONDS)).isEqualTo("failed");
        run(prewarming, 4, 4, revisions);
        assertThat(outcomes).isEmpty();
        run(prewarming, 1, 4, revisions);
        assertThat(outcomes.poll(10, TimeUnit.SECONDS)).isEqualTo("failed");
        assertThat(scaled).isEmpty();
    }

    @Test
    void aSplitSharesTheRequests() {
        Prewarming prewarming = prewarming(PrewarmConfig.Mode.DRY_RUN);
        run(prewarming, 120, 4, List.of());
        Picture.Revision small = new Picture.Revision(
                "new", "ns", "d", OptionalInt.of(25), List.of(), "", new Picture.Scaling(Role.DECODE, 7, 0, 0, 0));
        Picture.Revision large = new Picture.Revision(
                "old", "ns", "d", OptionalInt.of(75), List.of(), "", new Picture.Scaling(Role.DECODE, 7, 0, 0, 0));
        run(prewarming, 1, 4, List.of(small, large));
        assertThat(prewarming.seen().pods()).containsEntry("new", 1).containsEntry("old", 2);
    }
}
