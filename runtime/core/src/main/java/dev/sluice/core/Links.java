package dev.sluice.core;

import dev.sluice.core.LinearFit.Line;
import dev.sluice.spi.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How fast KV moves between the endpoints of a pool: one line for all pairs (a fixed time, a time per token), and a factor per
 * pair, as {@link LearnedRates} has it for prompts. A sample is the time from the moment that the decode endpoint was told where
 * the KV is to its first token, less what its first token would have taken anyway.
 *
 * <p>Two engines shake hands before their first move, which takes seconds. A pair that has not is cold: it is charged those seconds,
 * so that nobody waits for them who can do without, and {@link #toWarm} names it to whoever warms pairs up. A pair that has
 * just failed is not used for a while, and is cold after that.
 *
 * <p>A factor fades back to 1 with a half-life of {@link #FORGET_NS} without moves, or a pair that was slow once would never
 * be tried again. Keyed by slots; not thread-safe, like all of core.
 */
public final class Links {
    /** A handshake of two NIXL agents takes about this (vllm-protocols.md 7.3), until somebody has measured it. */
    static final double HANDSHAKE_MS = 5000;

    static final long FORGET_NS = 60_000_000_000L;
    private static final long REFRESH_NS = 1_000_000_000L;
    private static final long STALE_NS = 100_000_000L;
    private static final long BROKEN_NS = 5_000_000_000L;
    private static final long WARMING_NS = 60_000_000_000L;
    private static final int MOST_DOUBLINGS = 4;
    private static final double OUTLIER = 10;
    /** 100 Gb/s for an 8B model (vllm-protocols.md 7.1), and what reading descriptors takes. */
    static final Line PRIOR = new Line(3, 0.012);
    /**
     * What one engine has cached goes through its memory and another's: 35 ms for 2,048 tokens, 235 for 49,152 were measured of a
     * model whose tokens are half as large (vllm-protocols.md 7.1).
     */
    static final Line PULL_PRIOR = new Line(25, 0.012);

    private boolean any;
    private boolean handshakes;
    private final boolean roles;
    private final Line prior;
    private final Map<String, EndpointState> endpoints;
    private final LinearFit fleet = new LinearFit(96, 2, 2000);
    private final Map<Integer, Map<Integer, Link>> links = new TreeMap<>();
    private LinkTable table = LinkTable.NONE;
    private long tableAt = Long.MIN_VALUE;
    /** Must be seen at once. */
    private boolean changed = true;
    /** Figures have moved a little. */
    private boolean stale;

    /**
     * @param moves whether there is anything to know, and whether pairs are cold before their first move
     * @param endpoints all that are listed, by id; changes with the pool
     */
    Links(PoolSettings.Moves moves, Map<String, EndpointState> endpoints) {
        this(moves, endpoints, true, PRIOR);
    }

    private Links(PoolSettings.Moves moves, Map<String, EndpointState> endpoints, boolean roles, Line prior) {
        this.endpoints = endpoints;
        this.roles = roles;
        this.prior = prior;
        moves(moves);
    }

    /** Links over which any endpoint fetches what another one has cached, whatever their roles. */
    static Links ofPulls(boolean any, Map<String, EndpointState> endpoints) {
        return new Links(moves(any), endpoints, false, PULL_PRIOR);
    }

    static PoolSettings.Moves moves(boolean any) {
        return any ? PoolSettings.Moves.PLAIN : PoolSettings.Moves.NONE;
    }

    /** KV moves in another way from now on; what is known of the pairs stays. */
    void moves(PoolSettings.Moves moves) {
        boolean known = any == (moves != PoolSettings.Moves.NONE);
        if (known && handshakes == (moves == PoolSettings.Moves.HANDSHAKE)) {
            return;
        }
        any = moves != PoolSettings.Moves.NONE;
        handshakes = moves == PoolSettings.Moves.HANDSHAKE;
        table = LinkTable.NONE;
        changed = true;
    }

    /**
     * Ids of two endpoints.
     *
     * @param prefill computes prompts
     * @param decode generates
     */
    public record Ends(String prefill, String decode) {}

    private Link link(EndpointState from, EndpointState to) {
        return links.computeIfAbsent(from.slot, s -> new TreeMap<>())
                .computeIfAbsent(to.slot, s -> new Link(Topology.factor(from.endpoint, to.endpoint), !handshakes));
    }

    /** So many tokens were moved in so many ms. */
    void moved(EndpointState from, EndpointState to, double tokens, double ms, long now) {
        Link link = link(from, to);
        if (!link.warm || link.failures > 0) {
            boolean first = !link.warm;
            healthy(link);
            if (first) {
                return; // The handshake was in it.
            }
        }
        Line line = line();
        double bounded = Math.clamp(ms, 0, OUTLIER * Math.max(1, line.at(tokens)));
        fade(link, now);
        link.moves.add(tokens, bounded);
        link.lastMove = now;
        fleet.add(tokens, bounded);
        stale = true;
    }

    /** True once for each pair. What two that have never talked take is not only the move. */
    boolean first(EndpointState from, EndpointState to) {
        Link link = link(from, to);
        boolean first = !link.used;
        link.used = true;
        return first;
    }

    private void healthy(Link link) {
        link.warm = true;
        link.failures = 0;
        link.brokenUntil = Long.MIN_VALUE;
        link.warmingUntil = Long.MIN_VALUE;
        changed = true;
    }

    /** KV did not get from one to the other: the pair is not used for a while. Ids that are not listed are ignored. */
    public void failed(Ends ends, long now) {
        EndpointState from = endpoints.get(ends.prefill());
        EndpointState to = endpoints.get(ends.decode());
        if (from == null || to == null) {
            return;
        }
        Link link = link(from, to);
        link.brokenUntil = now + (BROKEN_NS << Math.min(link.failures, MOST_DOUBLINGS));
        link.failures++;
        link.warm = !handshakes;
        link.warmingUntil = Long.MIN_VALUE;
        changed = true;
    }

    /** They have shaken hands. Ids that are not listed are ignored. */
    public void warmed(Ends ends) {
        EndpointState from = endpoints.get(ends.prefill());
        EndpointState to = endpoints.get(ends.decode());
        if (from != null && to != null) {
            healthy(link(from, to));
        }
    }

    /** An engine was away, and perhaps is another one now: all have to shake hands with it anew. */
    void chill(int slot) {
        links.forEach((from, row) -> row.forEach((to, link) -> {
            if (from == slot || to == slot) {
                link.warm = !handshakes;
            }
        }));
        changed = true;
    }

    /** A slot is free. */
    void forget(int slot) {
        links.remove(slot);
        links.values().forEach(row -> row.remove(slot));
        changed = true;
    }

    /**
     * Pairs in service that should shake hands before a request has to wait for it; each is named once until that has succeeded,
     * failed, or taken too long.
     *
     * @param most how many at a time
     */
    public List<Ends> toWarm(int most, long now) {
        List<Ends> due = new ArrayList<>();
        if (!handshakes) {
            return due;
        }
        for (EndpointState from : endpoints.values()) {
            for (EndpointState to : endpoints.values()) {
                if (!from.serving() || !to.serving() || !pair(from, to) || due.size() == most) {
                    continue;
                }
                Link link = link(from, to);
                if (!link.warm && now >= link.brokenUntil && now >= link.warmingUntil) {
                    link.warmingUntil = now + WARMING_NS;
                    due.add(new Ends(from.endpoint.id(), to.endpoint.id()));
                }
            }
        }
        return due;
    }

    private boolean pair(EndpointState from, EndpointState to) {
        return from != to && (!roles || (from.prefills() && to.decodes()));
    }

    private Line line() {
        Line line = fleet.line(prior);
        return new Line(
                Math.clamp(line.intercept(), 0, 60_000),
                Math.clamp(line.slope(), prior.slope() / 1000, prior.slope() * 1000));
    }

    private static void fade(Link link, long now) {
        double keep = keep(link, now);
        if (keep < 1) {
            link.moves.relax(keep);
        }
    }

    private static double keep(Link link, long now) {
        double idle = link.lastMove == Long.MIN_VALUE ? 0 : (double) (now - link.lastMove);
        return idle <= REFRESH_NS ? 1 : StrictMath.pow(0.5, idle / FORGET_NS);
    }

    /** A picture; made anew when something changed, and now and then because factors fade. */
    LinkTable table(long now) {
        long age = now - tableAt;
        boolean old = tableAt == Long.MIN_VALUE || age >= (stale ? STALE_NS : REFRESH_NS);
        if (!any || !(changed || old)) {
            return table;
        }
        int slots = 0;
        for (EndpointState state : endpoints.values()) {
            slots = Math.max(slots, state.slot + 1);
        }
        double[][] factors = new double[slots][slots];
        long[][] broken = new long[slots][slots];
        Line line = line();
        for (EndpointState from : endpoints.values()) {
            for (EndpointState to : endpoints.values()) {
                if (pair(from, to)) {
                    Link link = link(from, to);
                    double factor = factor(link, line, now);
                    factors[to.slot][from.slot] = link.warm ? factor : -factor;
                    broken[to.slot][from.slot] = link.brokenUntil;
                }
            }
        }
        table = new LinkTable(line, HANDSHAKE_MS, factors, broken);
        tableAt = now;
        changed = false;
        stale = false;
        return table;
    }

    /** Ms that a move between these is expected to take, handshakes aside. */
    double expectedMs(EndpointState from, EndpointState to, double tokens, long now) {
        Line line = line();
        return factor(link(from, to), line, now) * line.at(tokens);
    }

    private static double factor(Link link, Line line, long now) {
        if (link.lastMove == Long.MIN_VALUE) {
            return link.prior;
        }
        double ratio = link.moves.ratio(line);
        return Math.max(1e-3, StrictMath.exp(StrictMath.log(ratio) * keep(link, now)));
    }

    /** Whether an endpoint may compute prompts for others. */
    static boolean prefills(Role role) {
        return role == Role.PREFILL || role == Role.BOTH;
    }

    /** Whether an endpoint may generate. */
    static boolean decodes(Role role) {
        return role == Role.DECODE || role == Role.BOTH;
    }
}
