package dev.sluice.app.drill;

import dev.sluice.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One of two gateways is killed (SIGKILL), again and again, and another one started in its place. Clients send a request once more when
 * its connection was lost before a byte of an answer; answers that had begun at the killed one are lost, and must look so.
 */
final class Kills {
    private static final int ENGINES = 4;
    private static final int REQUESTS_BETWEEN = 250;
    private static final int PATIENCE_SECONDS = 120;

    private Kills() {}

    static void run(int kills, int clients, long seed, PrintWriter progress, Sheet sheet)
            throws IOException, InterruptedException {
        sheet.begin("SIGKILL");
        Tally tally = new Tally(true);
        SplittableRandom random = new SplittableRandom(seed);
        SimulatorOptions engines = SimulatorOptions.builder().seed(seed).build();
        try (Arena arena = Arena.open(progress, ENGINES, engines, Arena.Setup.PLAIN)) {
            arena.join();
            arena.join();
            try (Load _ = Load.start(
                    arena.front(), clients, seed, true, tally, any -> Ask.any(any, Fleet.MODEL), arena.keys()::any)) {
                for (int i = 1; i <= kills; i++) {
                    long wanted = tally.count() + REQUESTS_BETWEEN;
                    if (!tally.await(wanted, PATIENCE_SECONDS)) {
                        throw new IOException("only " + tally.count() + " requests of " + wanted + " have ended");
                    }
                    List<Member> members = arena.living();
                    arena.kill(members.get(random.nextInt(members.size())));
                    arena.join();
                    arena.say("kill " + i + " of " + kills + ": " + tally.count() + " requests, " + tally.words() + "; "
                            + tally.retried() + " repeated");
                }
                if (!tally.await(tally.count() + REQUESTS_BETWEEN, PATIENCE_SECONDS)) {
                    throw new IOException("requests no longer end");
                }
            }
            judge(kills, tally, arena, sheet);
            Books.judge(arena, tally, sheet);
        }
    }

    private static void judge(int kills, Tally tally, Arena arena, Sheet sheet) {
        List<String> honest = arena.honest().stream().map(Member::name).toList();
        List<Tally.Request> requests = tally.requests();
        long cut = requests.stream()
                .filter(one -> one.last().ending() == Ending.CUT
                        && !honest.contains(one.last().gateway()))
                .count();
        long unbegun = requests.size() - cut;
        long complete = tally.count(Ending.COMPLETE);
        long repeated = requests.stream().filter(Tally.Request::retried).count();
        long repeatedWell = requests.stream()
                .filter(one -> one.retried() && one.last().ending() == Ending.COMPLETE)
                .count();
        sheet.figure("gateways killed", kills, "");
        sheet.figure("requests", requests.size(), "");
        sheet.figure("answers that had begun at a killed gateway, and were seen to be cut", cut, "");
        sheet.figure("requests lost before a byte, and repeated", repeated, "");
        sheet.figure("of these answered", repeatedWell, "");
        sheet.atLeast(
                "success of all that had not begun at a killed gateway, after one retry",
                100.0 * complete / Math.max(1, unbegun),
                99.9,
                "%");
        sheet.atMost("answers that looked complete and were not", tally.count(Ending.FALSE_END), 0, "");
        sheet.atMost("requests without an end", tally.count(Ending.HUNG), 0, "");
        tally.examples().forEach(sheet::note);
    }
}
