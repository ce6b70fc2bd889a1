package dev.sluice.simulator.harness;

import dev.sluice.core.EndpointReport;
import dev.sluice.simulator.Hashes;
import dev.sluice.simulator.fleet.Ask;
import dev.sluice.simulator.fleet.EventLoop;
import dev.sluice.simulator.fleet.Exchange;
import dev.sluice.simulator.fleet.Exchange.End;
import dev.sluice.simulator.fleet.Exchange.State;
import dev.sluice.simulator.fleet.Server;
import dev.sluice.simulator.fleet.VirtualGateway;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * One seed's life of a gateway: clients, engines, faults, drawn per seed (a swarm: most kinds of faults are off in most
 * seeds, so that each is also seen alone). Then the faults stop and everything must end. Whatever must always hold is
 * checked after every event.
 */
abstract class Life {
    static final long MS = 1_000_000;
    private static final int KINDS = 8;

    final SplittableRandom random;
    final EventLoop loop;
    final Map<String, Server> fleet = new LinkedHashMap<>();
    final Set<Exchange> open = new LinkedHashSet<>();
    /** Share of the clients that leave early. */
    double cancelShare;

    private final List<Exchange> exchanges = new ArrayList<>();
    private int left;
    private boolean faultsOver;

    /** What went wrong. */
    static final class Violation extends AssertionError {
        private static final long serialVersionUID = 1L;

        Violation(String message) {
            super(message);
        }
    }

    Life(long seed, long salt) {
        random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + salt);
        loop = new EventLoop(seed);
    }

    abstract VirtualGateway gateway();

    /** Claims that a request has on endpoints. */
    abstract int claims(Exchange x);

    /** A request, of one of six groups that share a beginning. */
    abstract Ask ask(int group);

    /** How long a client waits that leaves early, ns. */
    abstract long patience();

    /** A fault of a kind from 6 on. */
    abstract void special(int kind, String id, Server server, long pause);

    /** What must hold after every event. */
    abstract void check(long step);

    /** What must hold when all is over. */
    abstract void over();

    /** An engine has died. */
    void crashed(String id) {}

    /** The faults are over for an engine. */
    void healed(String id) {}

    /** Endpoints that the gateway knows of. */
    Set<String> listed() {
        return fleet.keySet();
    }

    /** True while something is left that only time ends. */
    boolean busy() {
        return !faultsOver || !open.isEmpty() || left > 0;
    }

    final boolean chance(double p) {
        return random.nextDouble() < p;
    }

    final void every(long period, Runnable action) {
        loop.in(period, () -> {
            action.run();
            if (busy()) {
                every(period, action);
            }
        });
    }

    final void probes() {
        for (String id : gateway().tick()) {
            Server server = fleet.get(id);
            loop.in(random.nextLong(5 * MS), () -> {
                if (server != null && server.answers()) {
                    gateway().pool().probeSucceeded(id, List.of("m"), loop.now());
                } else {
                    gateway().pool().probeFailed(id, "no answer", loop.now());
                }
            });
        }
    }

    final void scrapes() {
        listed().forEach(id -> {
            Server server = fleet.get(id);
            if (server != null && server.answers()) {
                gateway().pool().scraped(id, server.scrape(), loop.now());
            } else {
                gateway().pool().scrapeLost(id);
            }
        });
    }

    /**
     * Draws the clients.
     *
     * @param first when the first may come, ns
     * @param closest least mean time between two of them, ms
     */
    final void planClients(long first, double closest) {
        int requests = random.nextInt(20, 60);
        double mean = random.nextDouble(closest, 60) * MS;
        left = requests;
        long at = first;
        for (int i = 0; i < requests; i++) {
            at += (long) (-Math.log(1 - random.nextDouble()) * mean);
            Ask ask = ask(random.nextInt(6));
            double cancel = random.nextDouble();
            long patience = patience();
            loop.at(at, () -> {
                left--;
                Exchange x = gateway().arrive(ask);
                exchanges.add(x);
                if (x.state() != State.ENDED) {
                    open.add(x);
                }
                if (cancel < cancelShare) {
                    loop.in(patience, () -> gateway().cancel(x));
                }
            });
        }
    }

    /** A prompt of one of the groups: how much it shares with the others is drawn. */
    final long[] blocks(int tokens, int group) {
        long[] blocks = new long[tokens / 16];
        long parent = group;
        int shared = random.nextInt(1, 60);
        for (int i = 0; i < blocks.length; i++) {
            parent = Hashes.next(parent, i < shared ? group : random.nextLong());
            blocks[i] = parent;
        }
        return blocks;
    }

    final void planFaults() {
        boolean[] kinds = new boolean[KINDS];
        for (int i = 0; i < kinds.length; i++) {
            kinds[i] = chance(0.35);
        }
        int count = random.nextInt(0, 12);
        for (int i = 0; i < count; i++) {
            int kind = random.nextInt(kinds.length);
            if (kinds[kind]) {
                loop.at(random.nextLong(1500 * MS), () -> fault(kind));
            }
        }
        loop.at(1800 * MS, this::stopFaults);
    }

    final String any() {
        List<String> ids = new ArrayList<>(fleet.keySet());
        return ids.get(random.nextInt(ids.size()));
    }

    private void fault(int kind) {
        String id = any();
        Server server = fleet.get(id);
        if (server == null || faultsOver) {
            return;
        }
        long pause = random.nextLong(400 * MS);
        switch (kind) {
            case 0 -> {
                server.refuse(true);
                loop.in(pause, () -> server.refuse(false));
            }
            case 1 -> {
                server.crash();
                crashed(id);
                loop.in(pause, server::restart);
            }
            case 2 -> {
                server.stall(true);
                loop.in(pause, () -> server.stall(false));
            }
            case 3 -> server.cutOne();
            case 4 -> server.cutAll();
            case 5 -> server.engine().slowDown(random.nextDouble(0.5, 8));
            default -> special(kind, id, server, pause);
        }
    }

    private void stopFaults() {
        faultsOver = true;
        fleet.forEach((id, server) -> {
            server.restart();
            server.refuse(false);
            server.stall(false);
            server.engine().slowDown(1);
            healed(id);
        });
    }

    final void ended(Exchange x) {
        require(x.ends() == 1, x, "ended " + x.ends() + " times");
        require(claims(x) == 0, x, "ended with a claim");
        open.remove(x);
        if (x.end() == End.COMPLETED) {
            require(x.tokens() == x.ask().outputTokens(), x, "looks complete with " + x.tokens() + " tokens");
        }
    }

    static void require(boolean holds, Exchange x, String what) {
        if (!holds) {
            throw new Violation("request " + x.number() + " " + what);
        }
    }

    static void require(boolean holds, String what) {
        if (!holds) {
            throw new Violation(what);
        }
    }

    /** Runs to the end; the hash of what happened. */
    final long run() {
        long steps = 0;
        while (loop.step()) {
            check(steps++);
            require(steps < 400_000 && loop.now() < 120_000 * MS, "does not end: " + open.size() + " open");
        }
        require(open.isEmpty(), open.size() + " requests never ended");
        require(gateway().pool().inFlight() == 0, "the ledger is not empty");
        for (EndpointReport report : gateway().pool().report(loop.now())) {
            require(report.pendingPrefillTokens() == 0, "prompt tokens are left in the ledger");
        }
        exchanges.forEach(x -> require(x.ends() == 1, x, "has no ending"));
        over();
        return loop.traceHash();
    }

    final List<Exchange> exchanges() {
        return exchanges;
    }
}
