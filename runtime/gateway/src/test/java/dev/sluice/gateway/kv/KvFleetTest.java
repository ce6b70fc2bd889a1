package dev.sluice.gateway.kv;

import static dev.sluice.gateway.kv.FakeEvents.BLOCK;
import static dev.sluice.gateway.kv.FakeEvents.await;
import static dev.sluice.gateway.kv.FakeEvents.tokens;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.kv.KvEngine;
import dev.sluice.core.kv.KvEvent;
import dev.sluice.core.kv.KvNews;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class KvFleetTest {
    private static final KvEndpoint A = new KvEndpoint("a", "127.0.0.1", 5557, Optional.of(5600), 1);
    private static final KvEndpoint B = new KvEndpoint("b", "127.0.0.2", 5557, Optional.empty(), 1);
    private static final KvEndpoint RANKS = new KvEndpoint("r", "127.0.0.3", 5557, Optional.empty(), 2);

    @TempDir
    Path dir;

    private FakeEvents events = new FakeEvents();
    private KvFleet fleet = new KvFleet(() -> events, KvSettings.DEFAULT, KvCounts.NONE);

    @AfterEach
    void close() {
        fleet.close();
    }

    private static KvPool pool(KvFleet fleet) {
        return fleet.pool("chat").orElseThrow();
    }

    private PromptKeys prompt(int... tokens) {
        return prompt(fleet, tokens);
    }

    private static PromptKeys prompt(KvFleet fleet, int... tokens) {
        long[] keys = pool(fleet).keys().of(tokens, tokens.length, BLOCK, "", new long[0]);
        return new PromptKeys(tokens.length, BLOCK, keys, true);
    }

    private int held(String endpoint, int... tokens) {
        Held held = pool(fleet).held(prompt(tokens), System.nanoTime()).get(endpoint);
        return held == null ? -1 : held.tokens();
    }

    @Test
    void aGatewayWithoutEventsHasNoReaderAndNoIndex() {
        AtomicInteger made = new AtomicInteger();
        try (KvFleet none = new KvFleet(
                () -> {
                    made.incrementAndGet();
                    return events;
                },
                KvSettings.DEFAULT,
                KvCounts.NONE)) {
            none.apply(Map.of("chat", List.of()));
            assertThat(none.pool("chat")).isEmpty();
            assertThat(made).hasValue(0);
        }
    }

    @Test
    void whatAnEngineTellsIsFoundAndNeverTheLastToken() throws Exception {
        fleet.apply(Map.of("chat", List.of(A, B)));
        FakeEvents.Told a = events.at("tcp://127.0.0.1:5557");
        assertThat(a.engine.replay()).hasValue("tcp://127.0.0.1:5600");
        a.live();
        a.stored(100, tokens(1, 12));
        await(() -> held("a", tokens(1, 13)) == 12);
        assertThat(held("a", tokens(1, 12)))
                .as("the last block has the last token")
                .isEqualTo(8);
        assertThat(held("b", tokens(1, 13))).as("has said nothing").isEqualTo(-1);
        assertThat(pool(fleet).blockSize()).isEqualTo(BLOCK);
    }

    @Test
    void whatIsNotLiveIsNotUsed() throws Exception {
        fleet.apply(Map.of("chat", List.of(A)));
        FakeEvents.Told a = events.at("tcp://127.0.0.1:5557");
        a.live();
        a.stored(100, tokens(1, 12));
        await(() -> held("a", tokens(1, 13)) == 12);
        a.sink.offer(new KvNews.Live(false));
        await(() -> held("a", tokens(1, 13)) == -1);
        a.sink.offer(new KvNews.Live(true));
        await(() -> held("a", tokens(1, 13)) == 12);
    }

    @Test
    void aPartialPictureIsALowerBound() throws Exception {
        fleet.apply(Map.of("chat", List.of(B)));
        FakeEvents.Told b = events.at("tcp://127.0.0.2:5557");
        b.sink.offer(new KvNews.Reset(false, "joined late"));
        b.sink.offer(new KvNews.Live(true));
        b.stored(100, tokens(1, 8));
        await(() -> held("b", tokens(1, 9)) == 8);
        assertThat(pool(fleet).held(prompt(tokens(1, 9)), 0)).containsEntry("b", new Held(8, 8, false));
    }

    @Test
    void clearedIsPassedOnAndResetForgetsOneEngineOnly() throws Exception {
        AtomicInteger cleared = new AtomicInteger();
        fleet.apply(Map.of("chat", List.of(A, B)));
        pool(fleet).onCleared(endpoint -> cleared.addAndGet(endpoint.equals("a") ? 1 : 100));
        FakeEvents.Told a = events.at("tcp://127.0.0.1:5557");
        FakeEvents.Told b = events.at("tcp://127.0.0.2:5557");
        b.live();
        b.stored(1, tokens(1, 8));
        await(() -> held("b", tokens(1, 9)) == 8);
        cleared.set(0);
        a.live();
        a.stored(1, tokens(1, 8));
        await(() -> held("a", tokens(1, 9)) == 8);
        a.tell(new KvEvent.Cleared());
        await(() -> held("a", tokens(1, 9)) == 0);
        assertThat(held("b", tokens(1, 9))).isEqualTo(8);
        assertThat(cleared).hasValue(2);
    }

    @Test
    void ranksAreSeparateAndCountOnAverage() throws Exception {
        fleet.apply(Map.of("chat", List.of(RANKS)));
        FakeEvents.Told first = events.at("tcp://127.0.0.3:5557");
        FakeEvents.Told second = events.at("tcp://127.0.0.3:5558");
        first.live();
        first.stored(1, tokens(1, 8));
        second.live();
        await(() -> held("r", tokens(1, 9)) == 4);
        first.tell(new KvEvent.Cleared());
        second.stored(1, tokens(1, 4));
        await(() -> held("r", tokens(1, 9)) == 2);
    }

    @Test
    void ofAnEngineThatIsGoneNothingIsKept() throws Exception {
        fleet.apply(Map.of("chat", List.of(A, B)));
        FakeEvents.Told a = events.at("tcp://127.0.0.1:5557");
        a.live();
        a.stored(1, tokens(1, 8));
        await(() -> held("a", tokens(1, 9)) == 8);
        FakeEvents.Told b = events.at("tcp://127.0.0.2:5557");
        fleet.apply(Map.of("chat", List.of(B)));
        await(() -> a.closed);
        assertThat(b.closed).isFalse();
        await(() -> pool(fleet).blocks() == 0);
        a.stored(9, tokens(50, 8));
        b.live();
        b.stored(1, tokens(1, 4));
        await(() -> pool(fleet).blocks() == 1);
        fleet.apply(Map.of());
        assertThat(fleet.pool("chat")).isEmpty();
    }

    @Test
    void whoeverAsksRightBehindFollows() throws Exception {
        fleet.apply(Map.of("chat", List.of(A)));
        FakeEvents.Told a = events.at("tcp://127.0.0.1:5557");
        a.live();
        a.stored(1, tokens(900, 4));
        await(() -> held("a", tokens(900, 5)) == 4);
        long now = System.nanoTime();
        pool(fleet).sent("a", prompt(tokens(1, 12)), now);
        Held held = pool(fleet).held(prompt(tokens(1, 20)), now).get("a");
        assertThat(held).isEqualTo(new Held(0, 12, true));
        Held later =
                pool(fleet).held(prompt(tokens(1, 20)), now + 3_000_000_000L).get("a");
        assertThat(later).isEqualTo(new Held(0, 0, true));
    }

    @Test
    void anEngineThatRestartedInSilenceIsAskedForEverythingWithinTwentyRequests() throws Exception {
        fleet.apply(Map.of("chat", List.of(A)));
        FakeEvents.Told a = events.at("tcp://127.0.0.1:5557");
        a.live();
        a.stored(1, tokens(1, 400));
        await(() -> held("a", tokens(1, 401)) == 400);
        int requests = 0;
        while (a.resyncs == 0) {
            assertThat(++requests).isLessThanOrEqualTo(20);
            pool(fleet).observe("a", 400, requests % 3 == 0 ? 400 : 0);
        }
        assertThat(held("a", tokens(1, 401)))
                .as("not used until it is told again")
                .isEqualTo(-1);
    }

    @Test
    void aSlowIndexMakesOneEngineWaitAndDropsNothing() throws Exception {
        fleet.apply(Map.of("chat", List.of(A)));
        FakeEvents.Told a = events.at("tcp://127.0.0.1:5557");
        a.live();
        int[] many = tokens(0, 4 * 1000);
        for (int i = 0; i < 3000; i++) {
            KvEvent.Removed event = new KvEvent.Removed(dev.sluice.core.kv.Tier.GPU, new long[1000]);
            while (!a.tell(event)) {
                Thread.onSpinWait();
            }
        }
        a.stored(1, many);
        await(() -> held("a", tokens(0, 4001)) == 4000);
    }

    @Test
    void aSnapshotIsKnownAtOnceAndGoesOnWhereItStopped() throws Exception {
        KvSettings settings = new KvSettings(100_000, Optional.of(dir.resolve("kv")), Duration.ofMinutes(1));
        fleet = new KvFleet(() -> events, settings, KvCounts.NONE);
        fleet.apply(Map.of("chat", List.of(A, B)));
        FakeEvents.Told a = events.at("tcp://127.0.0.1:5557");
        FakeEvents.Told b = events.at("tcp://127.0.0.2:5557");
        a.live();
        a.stored(1, tokens(1, 8));
        a.stored(9, tokens(50, 8));
        b.live();
        b.stored(1, tokens(1, 8));
        await(() -> pool(fleet).blocks() == 6);
        fleet.close();

        events = new FakeEvents();
        fleet = new KvFleet(() -> events, settings, KvCounts.NONE);
        fleet.apply(Map.of("chat", List.of(A, B)));
        FakeEvents.Told again = events.at("tcp://127.0.0.1:5557");
        assertThat(again.engine.known()).hasValue(new KvEngine.Position(1, 1002));
        assertThat(events.at("tcp://127.0.0.2:5557").engine.known())
                .as("can't be confirmed without replays")
                .isEmpty();
        assertThat(held("a", tokens(1, 9))).as("not before it is confirmed").isEqualTo(-1);
        again.sink.offer(new KvNews.Live(true));
        await(() -> held("a", tokens(1, 9)) == 8);
        assertThat(held("a", tokens(50, 9))).isEqualTo(8);
    }

    @Test
    void aSnapshotThatIsCutOrOfAnotherVersionIsNotUsed() throws Exception {
        Path file = dir.resolve("kv");
        KvSettings settings = new KvSettings(100_000, Optional.of(file), Duration.ofMinutes(1));
        fleet = new KvFleet(() -> events, settings, KvCounts.NONE);
        fleet.apply(Map.of("chat", List.of(A)));
        FakeEvents.Told a = events.at("tcp://127.0.0.1:5557");
        a.live();
        a.stored(1, tokens(1, 8));
        await(() -> pool(fleet).blocks() == 2);
        fleet.close();
        byte[] whole = Files.readAllBytes(file);
        assertThat(KvSnapshot.read(file).orElseThrow().lanes()).hasSize(1);
        for (int at : new int[] {0, 7, 20, whole.length / 2, whole.length - 1}) {
            byte[] changed = whole.clone();
            changed[at] ^= 1;
            Files.write(file, changed);
            assertThat(KvSnapshot.read(file)).as("byte %d", at).isEmpty();
            Files.write(file, java.util.Arrays.copyOf(whole, at));
            assertThat(KvSnapshot.read(file)).as("cut at %d", at).isEmpty();
        }
    }
}
