package dev.sluice.core.quota;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * One tenant's use of its limits, over all and per model. A request sets aside what it may cost at most (as far as that is
 * known), and settles with what it did cost: so that many at once can't overspend together, and nothing that was not used stays
 * taken. Not thread-safe; its owner holds a lock for the moment of a call.
 */
public final class Quota {
    private final Meter all;
    private final Map<String, Meter> models = new TreeMap<>();
    private long settledTokens;
    private long admitted;

    /** Nothing has been used. */
    public Quota(Limits limits, Map<String, Limits> perModel, long now) {
        this.all = new Meter(limits, now);
        perModel.forEach((model, its) -> models.put(model, new Meter(its, now)));
    }

    /** Other limits from now on. What is used stays used; what is held is settled as if nothing had changed. */
    public void limits(Limits limits, Map<String, Limits> perModel, long now) {
        all.limits(limits, now);
        models.keySet().retainAll(perModel.keySet());
        perModel.forEach((model, its) ->
                models.computeIfAbsent(model, m -> new Meter(its, now)).limits(its, now));
    }

    /**
     * How this replica stands among those that share the limits, from now on; see {@link Replicas}.
     *
     * @param deny what is used must have been heard by those that have fallen silent as well
     */
    public void share(Share share, boolean deny, long now) {
        all.share(share, deny, now);
        models.values().forEach(model -> model.share(share, deny, now));
    }

    /** What others are to be told in a round: what they may not know yet, and what is in use. */
    public List<Use> tell(long round, long now) {
        List<Use> uses = new ArrayList<>(1);
        all.tell("", round, now).ifPresent(uses::add);
        models.forEach((model, meter) -> meter.tell(model, round, now).ifPresent(uses::add));
        return uses;
    }

    /** Whoever comes in this round is taken to know what was used before it. */
    public void mark(long round) {
        all.mark(round);
        models.values().forEach(model -> model.mark(round));
    }

    /** Another replica has said what it has used. Of a model that has no limits here, nothing is noted. */
    public void heard(long member, Use use, Replicas.Heard how, long now) {
        Meter meter = use.model().isEmpty() ? all : models.get(use.model());
        if (meter != null) {
            meter.heard(member, use, how, now);
        }
    }

    /** A replica has ended. */
    public void left(long member) {
        all.left(member);
        models.values().forEach(model -> model.left(member));
    }

    /** Whether others should hear soon of what was used here: half of a lease is gone. */
    public boolean urgent() {
        return all.urgent() || models.values().stream().anyMatch(Meter::urgent);
    }

    /** Models that have limits of their own. */
    public Set<String> models() {
        return Set.copyOf(models.keySet());
    }

    /** How {@link #reserve} went: one of the two is there. */
    public record Reserved(Optional<Hold> hold, Optional<Exceeded> exceeded) {}

    /**
     * Sets aside what a request may cost, or nothing at all.
     *
     * @param model whose own limits count too, where it has any
     * @param tokens of its prompt and its answer, at least 0
     */
    public Reserved reserve(String model, long tokens, long now) {
        Meter own = models.get(model);
        Optional<Exceeded> no = all.refuses(tokens, now);
        if (no.isEmpty() && own != null) {
            no = own.refuses(tokens, now);
        }
        if (no.isPresent()) {
            return new Reserved(Optional.empty(), no);
        }
        all.begin(tokens, now);
        if (own != null) {
            own.begin(tokens, now);
        }
        admitted++;
        return new Reserved(Optional.of(new Hold(own, tokens)), Optional.empty());
    }

    /**
     * An answer grows beyond what was set aside for it: more is set aside, where there is more.
     *
     * @param tokens what the request has cost so far
     * @param ahead how much more is set aside with it, as far as there is so much, so that not every token asks
     * @return false when there is no more; nothing has changed then
     */
    public boolean extend(Hold hold, long tokens, long ahead, long now) {
        long lacks = tokens - hold.tokens;
        if (hold.settled || lacks <= 0) {
            return true;
        }
        long more = fits(hold, lacks + ahead, now) ? lacks + ahead : lacks;
        if (more == lacks && !fits(hold, lacks, now)) {
            return false;
        }
        all.correct(more, now);
        if (hold.model != null) {
            hold.model.correct(more, now);
        }
        hold.tokens += more;
        return true;
    }

    private boolean fits(Hold hold, long more, long now) {
        return all.has(more, now) && (hold.model == null || hold.model.has(more, now));
    }

    /**
     * A request is over.
     *
     * @param tokens what it has cost, at least 0
     */
    public void settle(Hold hold, long tokens, long now) {
        if (hold.settled) {
            return;
        }
        hold.settled = true;
        settledTokens += tokens;
        all.end(tokens - hold.tokens, now);
        if (hold.model != null) {
            hold.model.end(tokens - hold.tokens, now);
        }
    }

    /** Requests that hold something. */
    public int inFlight() {
        return all.inFlight();
    }

    /** Tokens that all requests together have cost. */
    public long settledTokens() {
        return settledTokens;
    }

    /** Tokens that this replica and those that share with it have used or set aside since each was started, as far as they have said. */
    public long knownTokens() {
        return all.known();
    }

    /** Requests that were let through. */
    public long admitted() {
        return admitted;
    }

    /** What is left; of all limits together, not of a model's. */
    public Standing standing(long now) {
        return all.standing(now);
    }
}
