package dev.sluice.kvevents;

import dev.sluice.core.kv.KvBatch;
import dev.sluice.core.kv.KvEngine;
import dev.sluice.core.kv.KvEventSink;
import dev.sluice.core.kv.KvEventSink.Oddity;
import dev.sluice.core.kv.KvNews;
import java.util.ArrayDeque;

/**
 * The order in one engine's events. What comes in are numbered messages, live and replayed; what goes out is news without gaps.
 *
 * <p>A publisher numbers its batches from 0 (some simulators from 1) and keeps the last ones for replays. So:
 * <ul>
 *   <li>The next number is news. A later one means that some were missed: they are asked for, and until they have come what
 *       is known is not live. What can't be had makes all that is known void.
 *   <li>An earlier number, made later by the engine's clock, means that the engine has started again, with an empty cache. Made
 *       earlier, it is a straggler.
 *   <li>After every connection the last batch known is asked for again: if it comes back, unchanged, nothing was missed;
 *       if there is none, or another, the engine has started again even though it has not said anything yet.
 *   <li>An engine without replays is believed from the first message on, but what it stored before is not known, and after a
 *       reconnection only the next message tells what happened.
 * </ul>
 *
 * Not thread-safe, knows no sockets; time is an argument.
 */
final class Feed {
    /** How a feed asks for what it missed. */
    interface Replays {
        /** Asks for all batches from a number on; what was asked before is void. False when it can't be asked now. */
        boolean ask(long from);

        /** Nothing more is wanted. */
        void done();
    }

    private static final int STRAGGLERS = 4;

    private enum State {
        DOWN,
        SYNCING,
        LIVE
    }

    private record Held(long sequence, byte[] payload) {}

    private final KvEventSink sink;
    private final Replays replays;
    private final Limits limits;
    private final Decoder decoder;
    private final boolean repeats;
    private final ArrayDeque<KvNews> pending = new ArrayDeque<>();
    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private State state = State.DOWN;
    private boolean live;
    /** The number that is due; -1 when nothing is known. */
    private long next = -1;
    /** The engine's clock in the last batch. */
    private double seconds;
    /** The last batch is to be seen again before anything else is believed. */
    private boolean proving;

    /** Batches in a row that seem to be old: an engine whose clock was set back starts again too. */
    private int stragglers;

    private boolean asked;
    private long wanted;
    private int heldBytes;
    private int tries;
    private long began;
    private long heard;
    private long restUntil;

    Feed(KvEngine engine, KvEventSink sink, Replays replays, Limits limits, long now) {
        this.sink = sink;
        this.replays = replays;
        this.limits = limits;
        this.decoder = new Decoder(sink::count);
        this.repeats = engine.replay().isPresent();
        this.restUntil = now;
        engine.known().ifPresent(position -> {
            next = position.sequence() + 1;
            seconds = position.seconds();
        });
    }

    /** True when news wait for room: nothing more should be read. */
    boolean waits() {
        while (!pending.isEmpty() && sink.offer(pending.peekFirst())) {
            pending.removeFirst();
        }
        return !pending.isEmpty();
    }

    private void tell(KvNews news) {
        if (!pending.isEmpty() || !sink.offer(news)) {
            pending.addLast(news);
        }
    }

    private void live(boolean now) {
        if (live != now) {
            live = now;
            tell(new KvNews.Live(now));
        }
    }

    private void reset(boolean whole, String reason) {
        tell(new KvNews.Reset(whole, reason));
    }

    void connected(long now) {
        if (state != State.SYNCING) {
            prove(now);
        }
    }

    void disconnected() {
        stop();
        state = State.DOWN;
        live(false);
    }

    /** Everything is wanted again. */
    void resync(long now) {
        next = -1;
        live(false);
        restUntil = now;
        if (state != State.DOWN) {
            prove(now);
        }
    }

    /** Finds out what was missed, if anything. */
    private void prove(long now) {
        live(false);
        proving = next > 0;
        if (repeats && now - restUntil >= 0) {
            sync(proving ? next - 1 : 0, now);
        } else {
            state = State.LIVE;
        }
    }

    private void sync(long from, long now) {
        state = State.SYNCING;
        wanted = from;
        began = now;
        tries = 0;
        ask(now);
    }

    private void ask(long now) {
        heard = now;
        asked = replays.ask(wanted);
    }

    private void stop() {
        if (state == State.SYNCING) {
            replays.done();
        }
        held.clear();
        heldBytes = 0;
    }

    /** Time goes by. */
    void tick(long now) {
        if (state != State.SYNCING) {
            flush(now);
            return;
        }
        if (!asked) {
            ask(now);
            began = asked ? now : began;
        } else if (now - began > limits.total().toNanos()) {
            give("a replay took too long", now);
        } else if (now - heard > limits.idle().toNanos()) {
            if (++tries < limits.tries()) {
                ask(now);
            } else {
                give("no answer to a replay", now);
            }
        }
    }

    /** A replay has failed: goes on with what comes live. */
    private void give(String reason, long now) {
        restUntil = now + limits.rest().toNanos();
        replays.done();
        state = State.LIVE;
        if (!proving && next >= 0) {
            next = -1;
            reset(false, reason);
        }
        flush(now);
    }

    /** A message that was published just now. */
    void live(long sequence, byte[] payload, long now) {
        if (sequence < 0) {
            sink.count(Oddity.MALFORMED, 1);
        } else if (state == State.SYNCING || !held.isEmpty()) {
            hold(sequence, payload);
            flush(now);
        } else {
            state = State.LIVE;
            place(sequence, payload, now);
        }
    }

    private void hold(long sequence, byte[] payload) {
        if (heldBytes + payload.length <= limits.heldBytes()) {
            held.addLast(new Held(sequence, payload));
            heldBytes += payload.length;
        }
    }

    private void place(long sequence, byte[] payload, long now) {
        if (next < 0) {
            reset(sequence == 0, "first batch is " + sequence);
            take(sequence, payload);
        } else if (sequence == next) {
            take(sequence, payload);
        } else if (sequence > next) {
            sink.count(Oddity.MISSED, sequence - next);
            missed(sequence, payload, now);
        } else if (older(payload) && ++stragglers < STRAGGLERS) {
            sink.count(Oddity.DUPLICATE, 1);
        } else {
            restarted(sequence, payload, now);
        }
    }

    private void missed(long sequence, byte[] payload, long now) {
        if (repeats && now - restUntil >= 0) {
            live(false);
            hold(sequence, payload);
            sync(proving ? next - 1 : next, now);
        } else {
            reset(false, "batches " + next + " to " + (sequence - 1) + " were missed");
            take(sequence, payload);
        }
    }

    private void restarted(long sequence, byte[] payload, long now) {
        String reason = "the engine has started again: batch " + sequence + " came after " + (next - 1);
        proving = false;
        if (sequence > 0 && repeats && now - restUntil >= 0) {
            live(false);
            next = -1;
            hold(sequence, payload);
            sync(0, now);
        } else {
            reset(sequence == 0, reason);
            take(sequence, payload);
        }
    }

    private boolean older(byte[] payload) {
        try {
            return Decoder.seconds(payload) <= seconds;
        } catch (Malformed unknown) {
            return false;
        }
    }

    private void take(long sequence, byte[] payload) {
        proving = false;
        stragglers = 0;
        next = sequence + 1;
        live(true);
        decode(sequence, payload);
    }

    private void decode(long sequence, byte[] payload) {
        try {
            KvBatch batch = decoder.decode(sequence, payload);
            seconds = batch.seconds();
            tell(new KvNews.Batch(batch));
        } catch (Malformed wrong) {
            sink.count(Oddity.MALFORMED, 1);
        }
    }

    /** A message that was asked for. */
    void replayed(long sequence, byte[] payload, long now) {
        if (state != State.SYNCING) {
            return;
        }
        if (sequence < wanted) {
            sink.count(sequence < 0 ? Oddity.MALFORMED : Oddity.DUPLICATE, 1);
            return;
        }
        heard = now;
        tries = 0;
        if (proving) {
            proving = false;
            if (sequence == next - 1 && same(payload)) {
                wanted = next;
            } else if (sequence == next - 1) {
                again("the engine has started again: its batch " + sequence + " is another", now);
            } else {
                lost(sequence, payload);
            }
        } else if (next < 0) {
            reset(sequence <= 1, "first batch is " + sequence);
            replay(sequence, payload);
        } else if (sequence > next) {
            lost(sequence, payload);
        } else {
            replay(sequence, payload);
        }
    }

    private boolean same(byte[] payload) {
        try {
            return Decoder.seconds(payload) == seconds;
        } catch (Malformed unknown) {
            return false;
        }
    }

    private void lost(long sequence, byte[] payload) {
        reset(false, "batches " + next + " to " + (sequence - 1) + " can't be had again");
        replay(sequence, payload);
    }

    private void replay(long sequence, byte[] payload) {
        sink.count(Oddity.REPLAYED, 1);
        next = sequence + 1;
        wanted = next;
        decode(sequence, payload);
    }

    private void again(String reason, long now) {
        reset(true, reason);
        next = -1;
        sync(0, now);
    }

    /** The engine has repeated all that it has. */
    void replayEnded(long now) {
        if (state != State.SYNCING) {
            return;
        }
        if (proving) {
            proving = false;
            again("the engine has started again: it does not know batch " + (next - 1), now);
            return;
        }
        if (next < 0) {
            reset(true, "nothing was published yet");
            next = 0;
        }
        replays.done();
        state = State.LIVE;
        live(true);
        flush(now);
    }

    /** What was held back while a replay ran, as far as there is room; what the replay brought too is left out. */
    private void flush(long now) {
        while (!held.isEmpty() && state == State.LIVE && pending.isEmpty()) {
            Held message = held.removeFirst();
            heldBytes -= message.payload().length;
            if (message.sequence() >= next || next < 0) {
                place(message.sequence(), message.payload(), now);
            }
        }
    }
}
