package dev.sluice.app.drill;

import dev.sluice.simulator.SimulatorOptions;
import dev.sluice.simulator.events.EventOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Everything at once: {@link Troubles} of all kinds, up to three at a time, each mended after a moment; then all must be well again. */
final class FaultDrill {
    private static final int ENGINES = 5;
    private static final int MOST = 3;
    private static final long STEP_MS = 100;
    /** How much longer it may last until everything has been tried once. */
    private static final int MORE_SECONDS = 180;

    private static final int AFTERWARDS = 200;
    private static final int RECOVER_SECONDS = 30;
    private static final String LIMITS = """
            timeouts: {connect: 300ms, firstByte: 3s, idle: 3s, total: 20s}
        """;

    private FaultDrill() {}

    private record Active(Trouble trouble, long until) {}

    static void run(int seconds, int clients, long seed, PrintWriter progress, Sheet sheet)
            throws IOException, InterruptedException {
        sheet.begin("faults");
        SplittableRandom random = new SplittableRandom(seed);
        Tally tally = new Tally(true);
        SimulatorOptions engines = SimulatorOptions.builder()
                .seed(seed)
                .events(EventOptions.onFreePorts())
                .build();
        Arena.Setup setup = new Arena.Setup("500ms", LIMITS, "");
        try (Arena arena = Arena.open(progress, ENGINES, engines, setup);
                EngineProcess process = new EngineProcess(arena.directory().resolve("engine.log"))) {
            process.start();
            arena.fleet().list(process.and(arena.fleet().rows()));
            Optional<FalseClock> clock = FalseClock.installed();
            clock.ifPresentOrElse(
                    arena::clocks,
                    () -> sheet.note("No clock was set: libfaketime is not installed (apt-get install libfaketime)."));
            arena.join();
            arena.join();
            Troubles troubles = new Troubles(arena, process, clock.isPresent());
            Map<String, Integer> made = new TreeMap<>();
            try (Load _ = Load.start(
                    arena.front(), clients, seed, true, tally, any -> Ask.any(any, Fleet.MODEL), arena.keys()::any)) {
                trouble(arena, troubles, random, seconds, made, tally);
            }
            judge(tally, made, troubles, sheet);
            long badly = afterwards(arena, seed, clients, tally);
            sheet.atMost("requests of " + AFTERWARDS + " that failed when all was mended", badly, 0, "");
            Books.judge(arena, tally, sheet);
        }
    }

    private static void trouble(
            Arena arena,
            Troubles troubles,
            SplittableRandom random,
            int seconds,
            Map<String, Integer> made,
            Tally tally)
            throws IOException, InterruptedException {
        List<Active> active = new ArrayList<>();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        long last = end + TimeUnit.SECONDS.toNanos(MORE_SECONDS);
        while (System.nanoTime() < end || (troubles.kindsMade() < troubles.kinds() && System.nanoTime() < last)) {
            for (Iterator<Active> each = active.iterator(); each.hasNext(); ) {
                Active one = each.next();
                if (System.nanoTime() > one.until()) {
                    troubles.mend(one.trouble());
                    each.remove();
                }
            }
            if (active.size() < MOST) {
                Optional<Trouble> next = troubles.make(random);
                if (next.isPresent()) {
                    long lasts = TimeUnit.MILLISECONDS.toNanos(300 + random.nextInt(1500));
                    active.add(new Active(next.get(), System.nanoTime() + lasts));
                    made.merge(next.get().what(), 1, Integer::sum);
                    arena.say(next.get().what() + " (" + next.get().target() + "); so far " + tally.words());
                }
            }
            TimeUnit.MILLISECONDS.sleep(STEP_MS);
        }
        for (Active one : active) {
            troubles.mend(one.trouble());
        }
    }

    /** New requests, from when engines are in service again: how many fail. */
    private static long afterwards(Arena arena, long seed, int clients, Tally tally) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(RECOVER_SECONDS);
        long failed;
        do {
            long before = tally.count();
            long well = tally.count(Ending.COMPLETE);
            boolean done;
            try (Load _ = Load.start(
                    arena.front(),
                    clients,
                    seed + 1,
                    false,
                    tally,
                    any -> Ask.any(any, Fleet.MODEL),
                    arena.keys()::any)) {
                done = tally.await(before + AFTERWARDS, RECOVER_SECONDS);
            }
            failed = (done ? tally.count() - before : AFTERWARDS) - (tally.count(Ending.COMPLETE) - well);
        } while (failed > 0 && System.nanoTime() < end);
        return failed;
    }

    private static void judge(Tally tally, Map<String, Integer> made, Troubles troubles, Sheet sheet) {
        long strangers = tally.requests().stream()
                .filter(one -> one.last().status() == 401)
                .count();
        sheet.figure(
                "troubles made",
                made.values().stream().mapToInt(Integer::intValue).sum(),
                "");
        sheet.atLeast("kinds of trouble among them", troubles.kindsMade(), troubles.kinds(), "");
        sheet.figure("requests", tally.count(), "");
        sheet.figure("answered in full", 100.0 * tally.count(Ending.COMPLETE) / Math.max(1, tally.count()), "%");
        sheet.atMost("answers that looked complete and were not", tally.count(Ending.FALSE_END), 0, "");
        sheet.atMost("requests without an end", tally.count(Ending.HUNG), 0, "");
        sheet.atMost("requests refused for their key, which was good", strangers, 0, "");
        sheet.atMost("revoked keys that were worth something after 5 s", troubles.undead(), 0, "");
        StringBuilder kinds = new StringBuilder("Made: ");
        made.forEach((what, count) -> kinds.append(kinds.length() > 6 ? ", " : "")
                .append(count)
                .append(" × ")
                .append(what));
        sheet.note(kinds + ". Clients saw: " + tally.words() + ".");
        tally.examples().forEach(sheet::note);
    }
}
