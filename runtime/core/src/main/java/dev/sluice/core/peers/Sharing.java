package dev.sluice.core.peers;

import dev.sluice.core.peers.PeerMessage.Chain;
import dev.sluice.core.peers.PeerMessage.Row;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One replica's side of what replicas share. Bytes and time come in as arguments, bytes go out by {@link Out}, news by {@link In}; so the
 * live gateway and the seeded tests run the same class. Not thread-safe.
 *
 * <p><b>Invariants.</b> What a replica believes of another one is what that one said last, no older than the allowed staleness. A message
 * counts once, for its receiver alone and since its receiver was started; so neither losing, doubling, delaying, reordering nor
 * recording messages makes anything but an older or emptier picture of it. A replica that hears nobody decides as one that is alone.
 */
public final class Sharing {
    /** Messages of all that is kept that a newcomer gets at a time. */
    private static final int CATCH_UP = 8;
    /** Rows of a message about load. */
    private static final int ROWS = 1000;
    /** Replicas whose sequences are remembered, those that have ended included. */
    private static final int REMEMBERED = 4096;

    private final Settings settings;
    private final PeerLoads loads;
    private final PrefixNews news;
    private final Map<Long, Window> windows = new LinkedHashMap<>();
    private final Map<Long, Deque<PeerMessage>> catchUp = new TreeMap<>();
    private Set<Long> view = new TreeSet<>();
    private long sequence;
    private long round;

    /**
     * How it shares.
     *
     * @param self this replica, drawn anew at each start
     * @param staleAfter ns after which what another one has said no longer counts
     * @param mostFresh hashes of prompts told at a time
     * @param mostKept hashes of prompts kept for newcomers
     */
    public record Settings(long self, long staleAfter, int mostFresh, int mostKept) {}

    /** Where messages go. */
    @FunctionalInterface
    public interface Out {
        /** To a replica. */
        void send(long to, byte[] frame);
    }

    /** Who is told what others say. */
    public interface In {
        /** {@link Sharing#load} says something else now. */
        void loads();

        /** Others have sent a prompt to an endpoint, or found that it does not hold it. */
        void prefix(Chain chain);

        /** What tenants have used elsewhere. */
        void quotas(long from, PeerMessage.Quotas quotas);

        /** A replica has ended. */
        void left(long from);

        /** Somebody looks for a decision. */
        void question(long from, PeerMessage.Question question);

        /** Somebody has found one. */
        void answer(PeerMessage.Answer answer);
    }

    /** What became of a message. */
    public enum Outcome {
        /** It counts. */
        ACCEPTED,
        /** It has come before, or much too late. */
        DUPLICATE,
        /** It was said by or to somebody else, or to this replica before it was started anew. */
        MISDIRECTED,
        /** Another version of the format. */
        VERSION,
        /** Not of any version. */
        MALFORMED
    }

    /** A replica that knows nobody yet. */
    public Sharing(Settings settings) {
        this.settings = settings;
        this.loads = new PeerLoads(settings.staleAfter);
        this.news = new PrefixNews(settings.mostFresh, settings.mostKept);
    }

    /** These can be reached now. What those who can't be said counts until it is too old. */
    public void members(Set<Long> now) {
        view = new TreeSet<>(now);
        view.remove(settings.self);
        catchUp.keySet().retainAll(view);
    }

    /** Bytes have come from a replica. */
    public Outcome received(long from, byte[] bytes, long now, In in) {
        PeerFrame frame;
        try {
            frame = PeerCodec.read(bytes);
        } catch (BadPeerMessage bad) {
            return bad.why() == BadPeerMessage.Why.VERSION ? Outcome.VERSION : Outcome.MALFORMED;
        }
        if (frame.to() != settings.self || frame.from() != from || from == settings.self) {
            return Outcome.MISDIRECTED;
        }
        Window before = windows.remove(from);
        boolean first = before == null;
        Window its = before == null ? new Window() : before;
        windows.put(from, its); // the last to be forgotten
        if (windows.size() > REMEMBERED) {
            windows.remove(windows.keySet().iterator().next());
        }
        if (!its.accepts(frame.sequence())) {
            return Outcome.DUPLICATE;
        }
        if (first) {
            catchUp.put(from, new ArrayDeque<>(news.all()));
        }
        tell(from, frame, now, in);
        return Outcome.ACCEPTED;
    }

    private void tell(long from, PeerFrame frame, long now, In in) {
        switch (frame.message()) {
            case PeerMessage.Load load -> {
                loads.heard(from, load, now);
                in.loads();
            }
            case PeerMessage.Prefixes prefixes -> prefixes.chains().forEach(in::prefix);
            case PeerMessage.Quotas quotas -> in.quotas(from, quotas);
            case PeerMessage.Question question -> in.question(from, question);
            case PeerMessage.Answer answer -> in.answer(answer);
            case PeerMessage.Bye _ -> {
                loads.left(from);
                in.left(from);
                in.loads();
            }
        }
    }

    /** A prompt was sent to an endpoint. */
    public void sent(long endpoint, long[] hashes, int count, long now) {
        news.sent(endpoint, hashes, count, now);
    }

    /** An endpoint holds only the first {@code keep} blocks of a prompt. */
    public void cut(long endpoint, long[] hashes, int count, int keep) {
        news.cut(endpoint, hashes, count, keep);
    }

    /**
     * Says all that there is to say; to be called some times a second.
     *
     * @param own what this replica has in flight, by endpoint; idle ones may be left out
     */
    public void tell(List<Row> own, Out out) {
        List<PeerMessage> fresh = news.take();
        if (view.isEmpty()) {
            return;
        }
        round++;
        int parts = Math.max(1, (own.size() + ROWS - 1) / ROWS);
        List<PeerMessage> all = new ArrayList<>();
        for (int part = 0; part < parts; part++) {
            PeerMessage.Load about = new PeerMessage.Load(round, part, parts, List.of());
            all.add(new PeerMessage.Load(
                    round,
                    part,
                    parts,
                    own.stream().filter(row -> about.about(row.endpoint())).toList()));
        }
        all.addAll(fresh);
        for (long to : view) {
            all.forEach(message -> say(to, message, out));
            Deque<PeerMessage> late = catchUp.get(to);
            for (int i = 0; late != null && i < CATCH_UP && !late.isEmpty(); i++) {
                say(to, late.removeFirst(), out);
            }
        }
    }

    /** Says where prompts went since the last time, and nothing else. */
    public void tellNews(Out out) {
        news.take().forEach(message -> sayToAll(message, out));
    }

    /** Says one thing to one replica. */
    public void say(long to, PeerMessage message, Out out) {
        out.send(to, PeerCodec.write(new PeerFrame(settings.self, to, ++sequence, message)));
    }

    /** Says one thing to all. */
    public void sayToAll(PeerMessage message, Out out) {
        view.forEach(to -> say(to, message, out));
    }

    /** Number of the last message. */
    public long sequence() {
        return sequence;
    }

    /** Ends what is too old; to be called some times a second. True when {@link #load} says something else now. */
    public boolean expire(long now) {
        return loads.expire(now);
    }

    /** What all others together have in flight at an endpoint. */
    public PeerLoad load(long endpoint) {
        return loads.of(endpoint);
    }

    /** Others that have been heard of late. */
    public int present() {
        return loads.count();
    }

    /** Age of the oldest word on load that counts, ns. */
    public long staleness(long now) {
        return loads.staleness(now);
    }

    /** Prompts that others were not told of because there were too many. */
    public long leftOut() {
        return news.leftOut();
    }

    /** Replicas that can be sent to. */
    public Set<Long> view() {
        return Set.copyOf(view);
    }
}
