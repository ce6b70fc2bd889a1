package dev.sluice.simulator.ladder;

import dev.sluice.core.KnownTokens;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.Snapshot;
import dev.sluice.core.flow.AdmissionQueue;
import dev.sluice.simulator.CacheListener;
import dev.sluice.simulator.fleet.Ask;
import dev.sluice.simulator.fleet.EventLoop;
import dev.sluice.simulator.fleet.Exchange;
import dev.sluice.simulator.fleet.Exchange.End;
import dev.sluice.simulator.fleet.KvLink;
import dev.sluice.simulator.fleet.KvNetwork;
import dev.sluice.simulator.fleet.Server;
import dev.sluice.simulator.fleet.SplitGateway;
import dev.sluice.simulator.fleet.ToldBlocks;
import dev.sluice.simulator.fleet.VirtualGateway;
import dev.sluice.simulator.ladder.Workload.Stage;
import dev.sluice.simulator.ladder.Workload.Talk;
import dev.sluice.spi.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** One run: one arm, one workload, one seed, a cold fleet. Arms see the same arrivals and conversations for a seed. */
public final class Ladder {
    private static final long MS = 1_000_000;
    private static final long SECOND = 1_000_000_000;
    private static final long NETWORK = MS / 5;
    private static final int CHECK_SHARE = 10;

    private final EventLoop loop;
    private final Workload workload;
    private final SplittableRandom arrivals;
    private final Workload.Talks talks;
    private final VirtualGateway gateway;
    private final ToldBlocks told;
    private final List<Score> scores = new ArrayList<>();
    private final Map<Long, Turn> turns = new LinkedHashMap<>();
    private int stage = -1;
    private boolean over;

    private record Turn(Talk talk, int number, int stage) {}

    private static final VirtualGateway.Limits LIMITS = new VirtualGateway.Limits(
            new AdmissionQueue.Bounds(100_000, 1L << 40), 900 * SECOND, 900 * SECOND, 900 * SECOND);

    private final class Gateway extends VirtualGateway {
        private final Arm.Caches caches;

        Gateway(EventLoop loop, Arm arm, PoolSettings settings) {
            super(loop, settings, LIMITS, arm.policy().get());
            caches = arm.caches();
        }

        @Override
        protected void guess(Exchange x, int[] matched) {
            if (caches != Arm.Caches.UNKNOWN) {
                super.guess(x, matched);
            }
        }

        @Override
        protected KnownTokens known(Exchange x, Snapshot snapshot) {
            return caches == Arm.Caches.TOLD ? told.known(x.ask(), snapshot) : KnownTokens.NONE;
        }

        @Override
        protected void send(Exchange x) {
            super.send(x);
            if (caches == Arm.Caches.TOLD) {
                told.sent(x.endpoint(), x.ask());
            }
        }

        @Override
        protected void end(Exchange x, End how) {
            super.end(x, how);
            ended(x);
        }
    }

    private final class Apart extends SplitGateway {
        Apart(EventLoop loop, Arm arm, PoolSettings settings, KvNetwork network) {
            super(loop, settings, LIMITS, arm.policy().get(), network);
        }

        @Override
        protected void end(Exchange x, End how) {
            super.end(x, how);
            ended(x);
        }
    }

    private Ladder(Arm arm, Workload workload, long seed) {
        this.workload = workload;
        loop = new EventLoop(seed);
        SplittableRandom root = new SplittableRandom(seed);
        arrivals = root.split();
        talks = workload.talks().apply(root.split());
        PoolSettings plain = PoolSettings.of("ladder");
        boolean moves = arm.pool() != Arm.Roles.ALONE;
        PoolSettings settings = new PoolSettings(
                "ladder",
                plain.concurrency(),
                plain.blockSize(),
                plain.ejectAfter(),
                plain.ejection(),
                Duration.ZERO,
                plain.priors(),
                moves ? PoolSettings.Moves.PLAIN : PoolSettings.Moves.NONE);
        // Pairs have shaken hands before the load comes.
        KvNetwork network = new KvNetwork(
                loop, new KvLink(0, KvLink.INFINIBAND_400G.setupNanos(), KvLink.INFINIBAND_400G.bytesPerSecond()));
        told = new ToldBlocks(loop, NETWORK);
        gateway = moves ? new Apart(loop, arm, settings, network) : new Gateway(loop, arm, settings);
        Map<String, Server> fleet = new LinkedHashMap<>();
        int size = workload.slowness().size();
        for (int i = 0; i < size; i++) {
            Server server = new Server(
                    loop,
                    workload.profile(),
                    root.nextLong(),
                    "e" + i,
                    network,
                    arm.caches() == Arm.Caches.TOLD ? told.listen("e" + i) : CacheListener.NONE);
            server.engine().slowDown(workload.slowness().get(i));
            server.delay(NETWORK);
            fleet.put("e" + i, server);
            if (gateway instanceof SplitGateway split) {
                Role half = i < size / 2 ? Role.PREFILL : Role.DECODE;
                split.role("e" + i, arm.pool() == Arm.Roles.HALVES ? half : Role.BOTH);
            }
        }
        gateway.endpoints(fleet);
        fleet.keySet().forEach(id -> gateway.pool().probeSucceeded(id, List.of("m"), 0));
        every(
                arm.scrape().toNanos(),
                () -> fleet.forEach((id, server) -> gateway.pool().scraped(id, server.scrape(), loop.now())));
        every(100 * MS, gateway::tick);
    }

    /** Scores by stage. */
    public static List<Score> run(Arm arm, Workload workload, long seed) {
        return new Ladder(arm, workload, seed).climb();
    }

    private void every(long period, Runnable action) {
        loop.in(period, () -> {
            action.run();
            if (!over) {
                every(period, action);
            }
        });
    }

    private List<Score> climb() {
        long at = plan(0, workload.warmUp(), -1);
        for (int i = 0; i < workload.stages().size(); i++) {
            scores.add(new Score());
            at = plan(
                    at + (long) (workload.pauseSeconds() * SECOND),
                    workload.stages().get(i),
                    i);
        }
        loop.runUntil(at);
        stage = workload.stages().size();
        while (!turns.isEmpty() && loop.now() < at + 1800 * SECOND) {
            loop.runUntil(loop.now() + SECOND / CHECK_SHARE);
        }
        over = true;
        return scores;
    }

    private long plan(long start, Stage step, int number) {
        loop.at(start, () -> stage = number);
        double at = 0;
        while (true) {
            at -= Math.log(1 - arrivals.nextDouble()) / step.rate();
            if (at >= step.seconds()) {
                return start + (long) (step.seconds() * SECOND);
            }
            Talk talk = talks.next();
            loop.at(start + (long) (at * SECOND), () -> begin(talk, 0));
        }
    }

    private void begin(Talk talk, int number) {
        if (stage >= workload.stages().size()) {
            return;
        }
        int prompt = talk.prompts()[number];
        int output = talk.outputs()[number];
        Ask ask = new Ask(
                prompt, talk.blocks(), Math.min(talk.blocks().length, prompt / 16), output, 0, talk.session(), true);
        if (stage >= 0) {
            scores.get(stage).arrived();
        }
        long id = next++;
        turns.put(id, new Turn(talk, number, stage));
        gateway.arrive(ask);
    }

    private long next;

    private void ended(Exchange x) {
        Turn turn = turns.remove(x.number());
        if (turn == null) {
            throw new IllegalStateException("request " + x.number() + " is unknown");
        }
        if (x.end() == End.COMPLETED && turn.stage() >= 0) {
            double ttft = (x.firstTokenAt() - x.arrivedAt()) / 1e6;
            double tpot =
                    (x.endedAt() - x.firstTokenAt()) / 1e6 / Math.max(1, x.ask().outputTokens() - 1);
            boolean met = ttft <= workload.ttftMs() && tpot <= workload.tpotMs();
            scores.get(turn.stage())
                    .completed(
                            ttft,
                            tpot,
                            met,
                            x.usage().promptTokens(),
                            Math.max(0, x.usage().cachedTokens()));
        }
        int following = turn.number() + 1;
        if (following < turn.talk().prompts().length) {
            loop.in((long) (turn.talk().gaps()[turn.number()] * SECOND), () -> begin(turn.talk(), following));
        }
    }
}
