package dev.sluice.app.drill;

import dev.sluice.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Rolling updates: one after the other both gateways are replaced, each by one that is ready before the old one is told to end (SIGTERM),
 * as a Deployment does it. Clients repeat nothing.
 */
final class Rolls {
    private static final int ENGINES = 4;
    private static final int REQUESTS_PER_ROLL = 400;
    private static final int PATIENCE_SECONDS = 120;

    private Rolls() {}

    static void run(int rolls, int clients, long seed, PrintWriter progress, Sheet sheet)
            throws IOException, InterruptedException {
        sheet.begin("rolling update");
        Tally tally = new Tally(true);
        SimulatorOptions engines = SimulatorOptions.builder().seed(seed).build();
        try (Arena arena = Arena.open(progress, ENGINES, engines, Arena.Setup.PLAIN)) {
            arena.join();
            arena.join();
            List<Member> leaving = new ArrayList<>();
            try (Load _ = Load.start(
                    arena.front(),
                    clients,
                    seed,
                    false,
                    tally,
                    random -> Ask.any(random, Fleet.MODEL),
                    arena.keys()::any)) {
                await(tally, REQUESTS_PER_ROLL / 4);
                for (int i = 1; i <= rolls; i++) {
                    for (Member old : arena.living()) {
                        if (leaving.contains(old)) {
                            continue;
                        }
                        arena.join();
                        leaving.add(old);
                        old.terminate();
                    }
                    leaving.stream().filter(member -> !member.alive()).forEach(arena::gone);
                    await(tally, (long) i * REQUESTS_PER_ROLL);
                    arena.say("rolling update " + i + " of " + rolls + ": " + tally.count() + " requests, "
                            + tally.words());
                }
            }
            int ended = 0;
            for (Member member : leaving) {
                if (member.awaitEnd(Arena.END_SECONDS) == 0) {
                    ended++;
                }
                arena.gone(member);
            }
            judge(rolls, tally, leaving.size() - ended, sheet);
            Books.judge(arena, tally, sheet);
        }
    }

    private static void await(Tally tally, long requests) throws IOException, InterruptedException {
        if (!tally.await(requests, PATIENCE_SECONDS)) {
            throw new IOException("only " + tally.count() + " requests of " + requests + " have ended");
        }
    }

    private static void judge(int rolls, Tally tally, int badly, Sheet sheet) {
        sheet.figure("rolling updates of both gateways", rolls, "");
        sheet.atLeast("requests", tally.count(), (double) rolls * REQUESTS_PER_ROLL, "");
        sheet.atMost("requests that failed, nothing repeated", tally.count() - tally.count(Ending.COMPLETE), 0, "");
        sheet.atMost("gateways that did not end with 0 after SIGTERM", badly, 0, "");
        tally.examples().forEach(sheet::note);
    }
}
