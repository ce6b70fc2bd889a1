package dev.sluice.gateway.trace;

import dev.sluice.core.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What is noted of one request while it runs: times ({@link System#nanoTime}) and numbers, nothing of what was asked or answered.
 * Whether it is told to anybody is decided when the request has ended. Legs may be noted from several threads.
 */
public final class Trace {
    /** What a leg does. */
    public enum Role {
        /** Computes the prompt for another. */
        PREFILL,
        /** Generates from a prompt that another has computed. */
        DECODE,
        /** Does both. */
        GENERATE
    }

    /** A wait for room; {@code story} is empty when there was none. */
    record Wait(long from, long to, String story) {}

    /**
     * A decision.
     *
     * @param endpoint empty when there was no place
     * @param prefill who computes the prompt; empty when the endpoint itself does
     * @param predicted tokens that are believed to be cached there
     * @param fallback why the policy did not decide itself; empty when it did
     */
    record Choice(long from, long to, String endpoint, String prefill, int predicted, String fallback) {}

    private final Traces owner;
    private final Traceparent own;
    /** The client's span; 0 for none. */
    private final long parent;

    private final boolean kept;
    private final long started;
    private final List<Object> steps = new ArrayList<>(4);
    private boolean closed;

    Trace(Traces owner, Optional<Traceparent> client, boolean kept, long started) {
        this.owner = owner;
        this.kept = kept;
        this.started = started;
        this.parent = client.map(Traceparent::span).orElse(0L);
        long high = client.map(Traceparent::high).orElseGet(Trace::random);
        long low = client.map(Traceparent::low).orElseGet(Trace::random);
        this.own = new Traceparent(high, low, random(), kept);
    }

    /** Any number but 0, which is no id. */
    static long random() {
        long any = ThreadLocalRandom.current().nextLong();
        return any == 0 ? 1 : any;
    }

    /** Whether the client has begun it: what else it says of it, in {@code tracestate}, goes on then. */
    public boolean continued() {
        return parent != 0;
    }

    /** It has waited for room. */
    public synchronized void waited(long from, long to, String story) {
        steps.add(new Wait(from, to, story));
    }

    /** It has been decided where it goes, in so many ns, until now. */
    public synchronized void decided(
            long nanos, String endpoint, String prefill, int predicted, Optional<String> fallback) {
        long now = System.nanoTime();
        steps.add(new Choice(now - nanos, now, endpoint, prefill, predicted, fallback.orElse("")));
    }

    /** A leg begins. It is linked to the leg that computed its prompt, and to the attempt before it. */
    public synchronized Leg leg(Role role, String endpoint, int attempt, int predicted) {
        Leg leg = new Leg(role, endpoint, attempt, predicted, before(role, attempt));
        if (!closed) {
            steps.add(leg);
        }
        return leg;
    }

    private List<Leg> before(Role role, int attempt) {
        List<Leg> before = new ArrayList<>(1);
        Leg last = null;
        for (Object step : steps) {
            if (step instanceof Leg leg) {
                if (leg.role == Role.PREFILL && role == Role.DECODE && leg.attempt == attempt) {
                    before.add(leg);
                } else if (leg.attempt < attempt || leg.role == role) {
                    last = leg;
                }
            }
        }
        if (last != null) {
            before.add(last);
        }
        return before;
    }

    /** How the request ended; whether anybody is told is decided now, and nothing waits for it. */
    public void ended(Summary summary) {
        synchronized (this) {
            closed = true;
        }
        owner.ended(this, summary);
    }

    Traceparent own() {
        return own;
    }

    long parent() {
        return parent;
    }

    boolean kept() {
        return kept;
    }

    long started() {
        return started;
    }

    /** What was noted so far, in its order: {@link Wait}, {@link Choice} and {@link Leg}. */
    synchronized List<Object> steps() {
        return List.copyOf(steps);
    }

    /**
     * What is known in the end.
     *
     * @param model empty when it did not get that far
     * @param error why it failed; empty when it did not: also of a stream that was cut behind a status of 200
     * @param maxTokens the client's own limit; 0 for none
     */
    public record Summary(
            String id,
            String route,
            String tenant,
            String pool,
            String model,
            int status,
            String outcome,
            String error,
            int attempts,
            int predicted,
            int maxTokens,
            Usage usage) {}

    /** One request to one engine. */
    public final class Leg {
        private final Role role;
        private final String endpoint;
        private final int attempt;
        private final int predicted;
        private final List<Leg> links;
        private final long span = random();
        private final long from = System.nanoTime();
        private long first;
        private long to;
        private String outcome = "running";
        private Usage usage = Usage.UNKNOWN;

        private Leg(Role role, String endpoint, int attempt, int predicted, List<Leg> links) {
            this.role = role;
            this.endpoint = endpoint;
            this.attempt = attempt;
            this.predicted = predicted;
            this.links = links;
        }

        /** What the engine is sent as {@code traceparent}: its spans are children of this leg. */
        public String traceparent() {
            return new Traceparent(own.high(), own.low(), span, kept).header();
        }

        /** Whether the client's {@code tracestate} may go along. */
        public boolean continued() {
            return Trace.this.continued();
        }

        /** Its first token is here. */
        public void firstToken() {
            long now = System.nanoTime();
            synchronized (Trace.this) {
                first = first == 0 ? now : first;
            }
        }

        /** What the engine says it cost. */
        public void cost(Usage said) {
            synchronized (Trace.this) {
                usage = said;
            }
        }

        /** It is over. */
        public void ended(String how) {
            long now = System.nanoTime();
            synchronized (Trace.this) {
                if (to == 0) {
                    to = now;
                    outcome = how;
                }
            }
        }

        /** As it stands now. */
        Seen seen() {
            synchronized (Trace.this) {
                List<Long> linked = links.stream().map(leg -> leg.span).toList();
                return new Seen(role, endpoint, attempt, predicted, linked, span, from, first, to, outcome, usage);
            }
        }
    }

    /** A leg as it stood at a moment; {@code first} and {@code to} are 0 where they have not come. */
    record Seen(
            Role role,
            String endpoint,
            int attempt,
            int predicted,
            List<Long> links,
            long span,
            long from,
            long first,
            long to,
            String outcome,
            Usage usage) {}
}
