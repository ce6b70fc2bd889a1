package dev.sluice.simulator.fleet;

import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.Dispatch;
import dev.sluice.core.Faults;
import dev.sluice.core.Leases;
import dev.sluice.core.Links;
import dev.sluice.core.Outcome;
import dev.sluice.core.Placement;
import dev.sluice.core.Policy;
import dev.sluice.core.Pool;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.RoutingRequest;
import dev.sluice.core.Splitting;
import dev.sluice.core.Usage;
import dev.sluice.core.Work;
import dev.sluice.simulator.fleet.Exchange.State;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The same gateway with prompts computed on other endpoints than answers, as the live one does it with NIXL in pull mode: two
 * claims, a prefill leg and then a decode leg with what that one handed over, a lease for it, and the rules of what is tried after
 * a failure. Its steps are methods that a test may override to plant a bug.
 */
public class SplitGateway extends VirtualGateway {
    private static final long MS = 1_000_000;
    private static final long ENOUGH = 5 * MS;
    /** Until the decode leg of a release is cut: it has surely arrived by then. */
    private static final long CUT = 10 * MS;

    private static final int MOVES = 3;
    /** Engines that a request may break: what broke two of them is not shown to a third. */
    private static final int BROKEN = 2;

    private final KvNetwork network;
    private final Map<String, Role> roles = new LinkedHashMap<>();
    private final Leases leases = new Leases();
    private final Map<Long, Halves> halves = new LinkedHashMap<>();
    private final Map<Long, Past> pasts = new LinkedHashMap<>();
    private final Map<String, Leases.Lease> keys = new LinkedHashMap<>();
    private long prefilled;

    /** What an exchange went through before. */
    private static final class Past {
        final Set<String> prefilling = new LinkedHashSet<>();
        boolean whole;
        boolean computes;
        int broken;
    }

    /** The two halves of an attempt. */
    private static final class Halves {
        final Charge first;
        final String prefillId;
        final String key;
        final Leases.Lease lease;

        @Nullable
        Charge prefill;

        @Nullable
        PrefillLeg leg;

        @Nullable
        KvParams params;

        int moves;

        Halves(Charge prefill, String key, Leases.Lease lease) {
            this.first = prefill;
            this.prefillId = prefill.endpointId();
            this.prefill = prefill;
            this.key = key;
            this.lease = lease;
        }
    }

    /** A gateway without endpoints, in front of servers that share a network. */
    public SplitGateway(EventLoop loop, PoolSettings settings, Limits limits, Policy policy, KvNetwork network) {
        super(loop, settings, limits, policy);
        this.network = network;
    }

    /** What an endpoint is for; to be said before it is listed. */
    public void role(String id, Role role) {
        roles.put(id, role);
    }

    @Override
    protected final Endpoint endpoint(String id) {
        Role role = roles.get(id);
        return role == null
                ? super.endpoint(id)
                : new Endpoint(id, id + ":8000", role, Map.of(Role.LABEL, role.label()));
    }

    /** What prefill engines keep. */
    public Leases leases() {
        return leases;
    }

    /** Requests whose prompt another endpoint computed, and that it handed over. */
    public long prefilled() {
        return prefilled;
    }

    /** Claims of an exchange: none, one or two. */
    public int claims(Exchange x) {
        Halves h = halves.get(x.number);
        return (x.charge == null ? 0 : 1) + (h == null || h.prefill == null ? 0 : 1);
    }

    /** Whether the gateway knows that blocks may be pinned under this key. */
    public boolean tracks(String key) {
        Leases.Lease lease = keys.get(key);
        return (lease != null && leases.open(lease))
                || halves.values().stream().anyMatch(h -> h.key.equals(key) && h.leg != null && !h.leg.over());
    }

    @Override
    protected RoutingRequest request(Exchange x, RoutingRequest plain) {
        return past(x).whole ? plain : plain.split();
    }

    @Override
    protected Splitting splitting(Exchange x) {
        return new Splitting(past(x).prefilling, pool.settings().pulls() && !past(x).computes);
    }

    private Past past(Exchange x) {
        return pasts.computeIfAbsent(x.number, n -> new Past());
    }

    @Override
    protected boolean charge(Exchange x, Decision decision) {
        if (decision.prefillRow() < 0) {
            return super.charge(x, decision);
        }
        Placement placement = decision.placement();
        int from = decision.prefillRow();
        int cached = placement.cachedTokens(from);
        RoutingRequest request = placement.request();
        var pair = pool.charge(
                placement.snapshot(),
                new Pool.Claim(
                        from,
                        Work.prefill(request.promptTokens(), cached + decision.pulledTokens()),
                        placement.rawCachedTokens(from)),
                new Pool.Claim(
                        decision.row(),
                        Work.decode(request.promptTokens(), request.outputTokens(), x.ask.streaming()),
                        placement.rawCachedTokens(decision.row())),
                loop.now());
        if (pair.isEmpty()) {
            return false;
        }
        fetching(x, decision, pair.get().prefill());
        Charge decode = pair.get().decode();
        Dispatch.chosen(decision, decode, Faults.IGNORED, x.attempts + 1, loop.now());
        x.charge = decode;
        x.predicted = cached;
        String key = x.number + "-" + (x.attempts + 1);
        Leases.Lease lease = leases.expect(network.lease());
        keys.put(key, lease);
        halves.put(x.number, new Halves(pair.get().prefill(), key, lease));
        return true;
    }

    @Override
    protected KvLeg part(Exchange x) {
        Halves h = halves.get(x.number);
        if (h != null && h.params != null) {
            return new KvLeg.Decode(h.params);
        }
        return h != null || x.source.isEmpty() ? KvLeg.ALONE : new KvLeg.Cached(x.source, "");
    }

    @Override
    protected void send(Exchange x) {
        Halves h = halves.get(x.number);
        Charge charge = x.charge;
        if (h == null || charge == null || h.prefill == null) {
            super.send(x);
            return;
        }
        x.state = State.SENT;
        x.endpoint = charge.endpointId();
        index.insert(h.prefill.slot(), x.ask.blocks(), x.ask.promptBlocks());
        Server server = servers.get(h.prefillId);
        if (server == null) {
            throw new IllegalStateException("no server " + h.prefillId);
        }
        Ask first = new Ask(x.ask.promptTokens(), x.ask.blocks(), x.ask.promptBlocks(), 1, 1, "", false);
        PrefillLeg leg = new PrefillLeg(x, h, server, nextLeg());
        h.leg = leg;
        loop.in(limits().firstByte(), () -> {
            if (!leg.over()) {
                server.abort(leg.id, leg);
                prefillFailed(x, h, Outcome.TIMED_OUT);
            }
        });
        server.call(leg.id, first, first(x, h.key), leg);
    }

    /** What the prefill leg has to do with others' KV. */
    protected KvLeg first(Exchange x, String key) {
        return x.source.isEmpty() ? new KvLeg.Prefill(key) : new KvLeg.Cached(x.source, key);
    }

    /** The endpoint that computes the prompt has failed with a fetch: nothing is fetched for this request any more. */
    protected void fetchFailed(Exchange x, String computing) {
        pool.pulls().failed(new Links.Ends(x.source, computing), loop.now());
        past(x).computes = true;
    }

    private static boolean broke(Outcome outcome) {
        return outcome == Outcome.FAILED || outcome == Outcome.TIMED_OUT;
    }

    /** The half that computes the prompt. */
    private final class PrefillLeg extends Leg {
        private final Exchange x;
        private final Halves h;
        private final Server server;
        private final long id;

        PrefillLeg(Exchange x, Halves h, Server server, long id) {
            this.x = x;
            this.h = h;
            this.server = server;
            this.id = id;
        }

        @Override
        protected void firstToken() {}

        @Override
        protected void tokens(int count) {}

        @Override
        protected void kept(KvParams params) {
            h.params = params;
        }

        @Override
        protected void ended(Usage usage) {
            settle(x, h, Outcome.COMPLETED, usage);
            if (h.params == null) {
                pool.links().failed(ends(h, x), loop.now());
                prefillFailed(x, h, Outcome.UNREACHABLE);
                return;
            }
            prefilled++;
            leases.pinned(h.lease, loop.now());
            handOver(x);
        }

        @Override
        protected void failed(Outcome outcome) {
            prefillFailed(x, h, outcome);
        }
    }

    private Links.Ends ends(Halves h, Exchange x) {
        return new Links.Ends(h.prefillId, x.endpoint);
    }

    /** The decode leg goes out with what was handed over. */
    protected void handOver(Exchange x) {
        if (x.charge != null) {
            pool.handedOver(x.charge, loop.now());
        }
        super.send(x);
    }

    private void settle(Exchange x, Halves h, Outcome outcome, Usage usage) {
        Charge charge = h.prefill;
        if (charge == null) {
            return;
        }
        h.prefill = null;
        if (outcome == Outcome.COMPLETED) {
            pool.firstToken(charge, loop.now());
        }
        int held = pool.settle(charge, outcome, usage, 0, x.bytes(), loop.now());
        correct(x, charge, outcome, held);
        freed();
    }

    /** Settles the claim on the prefill endpoint, when there is one still. */
    protected void giveBack(Exchange x, Outcome outcome) {
        Halves h = halves.get(x.number);
        if (h != null) {
            settle(x, h, outcome, Usage.UNKNOWN);
        }
    }

    /** Nobody will fetch these blocks: they end with their lease. */
    protected void notFetched(Leases.Lease lease) {
        leases.leave(lease, loop.now());
    }

    private void prefillFailed(Exchange x, Halves h, Outcome outcome) {
        if (outcome == Outcome.FAILED || outcome == Outcome.TIMED_OUT) {
            leases.cut(h.lease, loop.now());
        }
        if (broke(outcome) && !x.source.isEmpty()) {
            fetchFailed(x, h.prefillId);
        }
        giveBack(x, outcome);
        halves.remove(x.number);
        release(x, Outcome.HANDOVER_FAILED, Usage.UNKNOWN);
        x.attempts++;
        past(x).prefilling.add(h.prefillId);
        again(x, outcome, false);
    }

    /** What is tried after a failure before the client has seen a byte. */
    private void again(Exchange x, Outcome outcome, boolean served) {
        Past past = past(x);
        boolean may = mayRetry(x, outcome) && past.broken < BROKEN;
        if (!served && past.broken < BROKEN && (!may || outcome == Outcome.REJECTED)) {
            // A leg that generates is owed in any case: it costs no more than what was asked for.
            past.whole = true;
            may = true;
        }
        if (may) {
            attempt(x);
        } else {
            end(x, Exchange.End.FAILED);
        }
    }

    @Override
    protected void begun(Exchange x) {
        Halves h = halves.get(x.number);
        if (h != null) {
            leases.end(h.lease, Leases.End.FETCHED);
        }
    }

    @Override
    protected void legFailed(Exchange x, Outcome outcome) {
        Halves h = halves.get(x.number);
        if (h == null && x.tokens == 0 && broke(outcome) && !x.source.isEmpty()) {
            fetchFailed(x, x.endpoint);
            past(x).broken += outcome == Outcome.FAILED ? 1 : 0;
            release(x, Outcome.HANDOVER_FAILED, Usage.UNKNOWN);
            again(x, outcome, true);
        } else if (h == null || x.tokens > 0) {
            halves.remove(x.number);
            super.legFailed(x, outcome);
        } else if (outcome == Outcome.REJECTED && h.params != null) {
            releaseBlocks(x, h.lease, h.params);
            halves.remove(x.number);
            super.legFailed(x, outcome);
        } else if (outcome == Outcome.UNREACHABLE || outcome == Outcome.OVERLOADED) {
            untouched(x, h, outcome);
        } else {
            notFetched(h.lease);
            pool.links().failed(ends(h, x), loop.now());
            past(x).broken += outcome == Outcome.FAILED ? 1 : 0;
            past(x).prefilling.add(h.prefillId);
            halves.remove(x.number);
            release(x, Outcome.HANDOVER_FAILED, Usage.UNKNOWN);
            again(x, outcome, false);
        }
    }

    /** No engine has taken the blocks up: another one may. */
    private void untouched(Exchange x, Halves h, Outcome outcome) {
        x.tried.add(x.endpoint);
        halves.remove(x.number);
        release(x, outcome, Usage.UNKNOWN);
        if (++h.moves < MOVES && leases.lasts(h.lease, ENOUGH, loop.now()) && movedOn(x, h)) {
            halves.put(x.number, h);
            x.attempts--;
            handOver(x);
            return;
        }
        notFetched(h.lease);
        again(x, outcome, true);
    }

    /** Charges another endpoint with generating from what was computed, when there is one. */
    private boolean movedOn(Exchange x, Halves h) {
        Past past = past(x);
        boolean before = past.whole;
        past.whole = true;
        Decision decision = decide(x, allowed(x));
        past.whole = before;
        if (decision.refusal().isPresent()) {
            return false;
        }
        Placement placement = decision.placement();
        RoutingRequest request = placement.request();
        Work work = Work.decode(request.promptTokens(), request.outputTokens(), x.ask.streaming());
        var charge =
                pool.chargeHanded(placement.snapshot(), new Pool.Claim(decision.row(), work, 0), h.first, loop.now());
        charge.ifPresent(moved -> {
            Dispatch.chosen(decision, moved, Faults.IGNORED, x.attempts + 1, loop.now());
            x.charge = moved;
        });
        return charge.isPresent();
    }

    @Override
    protected void release(Exchange x, Outcome outcome, Usage usage) {
        Halves h = halves.get(x.number);
        if (h != null && outcome == Outcome.CANCELLED) {
            left(x, h);
            halves.remove(x.number);
        }
        super.release(x, outcome, usage);
        if (outcome == Outcome.COMPLETED) {
            halves.remove(x.number);
        }
    }

    /** The client has left. */
    private void left(Exchange x, Halves h) {
        PrefillLeg leg = h.leg;
        if (leg != null && !leg.over()) {
            if (h.params == null) {
                leases.cut(h.lease, loop.now());
            } else {
                leases.pinned(h.lease, loop.now());
                releaseBlocks(x, h.lease, h.params);
            }
            leg.server.abort(leg.id, leg);
            giveBack(x, Outcome.CANCELLED);
        } else {
            // The decode engine tells the other one to free its blocks when its own request is cut.
            leases.end(h.lease, Leases.End.RELEASED);
            released(h.key, x.endpoint);
        }
    }

    /** Has the prefill engine free its blocks: a decode leg is sent and cut at once. */
    private void releaseBlocks(Exchange x, Leases.Lease lease, KvParams params) {
        String decode = x.endpoint;
        Server server = servers.get(decode);
        if (server == null) {
            notFetched(lease);
            return;
        }
        long id = nextLeg();
        Leg leg = new Leg() {
            @Override
            protected void firstToken() {}

            @Override
            protected void tokens(int count) {}

            @Override
            protected void ended(Usage usage) {
                gone();
            }

            @Override
            protected void failed(Outcome outcome) {
                notFetched(lease);
            }

            private void gone() {
                leases.end(lease, Leases.End.RELEASED);
                released(params.requestId(), decode);
            }
        };
        Ask one = new Ask(x.ask.promptTokens(), x.ask.blocks(), x.ask.promptBlocks(), 1, 1, "", false);
        server.call(id, one, new KvLeg.Decode(params), leg);
        loop.in(CUT, () -> {
            if (!leg.over()) {
                server.abort(id, leg);
                leases.end(lease, Leases.End.RELEASED);
                released(params.requestId(), decode);
            }
        });
    }

    /** A decode engine was told, by a cut, that nobody wants these blocks. */
    protected void released(String key, String decode) {}
}
