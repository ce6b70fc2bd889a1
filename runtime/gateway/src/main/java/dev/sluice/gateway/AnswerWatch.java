package dev.sluice.gateway;

import dev.sluice.core.Outcome;
import dev.sluice.core.Usage;
import dev.sluice.gateway.http.ChunkWatcher;
import dev.sluice.gateway.stream.Answer;
import dev.sluice.gateway.stream.AnswerInspector;
import dev.sluice.gateway.stream.Dialect;
import dev.sluice.gateway.stream.GarbledStream;
import dev.sluice.gateway.stream.GatewayError;
import dev.sluice.gateway.stream.StreamWatcher;
import dev.sluice.gateway.stream.Verdict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads an answer that somebody else's proxy carries: its tokens, what it cost, how it ended. A stream that breaks is told to
 * its client by an error event, and no end marker passes.
 */
final class AnswerWatch {
    private static final ChunkWatcher.Passage NOWHERE = new ChunkWatcher.Passage() {
        @Override
        public void pass(int start, int end) {
            // nobody reads it
        }

        @Override
        public void insert(ByteBuffer bytes) {
            // nobody reads it
        }
    };

    /** Longer whole answers pass unread. */
    private static final int LONGEST = 1 << 20;

    private final Dialect dialect;
    private final @Nullable StreamWatcher stream;
    private final ByteArrayOutputStream whole = new ByteArrayOutputStream(0);
    private boolean tooLong;
    private boolean stopped;
    private boolean toldOfCut;
    private Outcome outcome = Outcome.CANCELLED;
    private Usage usage = Usage.UNKNOWN;
    private String id = "";

    /**
     * @param dropUsage the usage event was asked for by us, and is taken out
     * @param most tokens of a choice, at most; 0 for no limit
     */
    AnswerWatch(Dialect dialect, boolean streams, boolean dropUsage, int most) {
        this.dialect = dialect;
        this.stream = streams ? new StreamWatcher(dialect, dropUsage).most(most) : null;
    }

    void bytes(ByteBuffer piece, boolean last, ChunkWatcher.Passage out) {
        if (stream == null) {
            keep(piece, out);
            if (last) {
                wholeEnded();
            }
            return;
        }
        try {
            stream.onBytes(piece, stopped ? NOWHERE : out);
        } catch (GarbledStream babbles) {
            // What comes after its end goes nowhere.
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        if (last) {
            stream.onEnd(stopped ? NOWHERE : out);
            streamEnded(stream);
        }
        if (stopped) {
            return;
        }
        if (stream.verdict().needsCutEvent() && !toldOfCut) {
            toldOfCut = true;
            out.insert(stream.cutEvent(GatewayError.UPSTREAM_CUT, CutShort.words(GatewayError.UPSTREAM_CUT)));
        }
    }

    /** The client gets no more of a stream that goes on, and is told why. It is read on: what it costs is still to be known. */
    void stop(GatewayError why, ChunkWatcher.Passage out) {
        if (stream != null && !stopped && stream.verdict() == Verdict.OPEN) {
            stopped = true;
            out.insert(stream.cutEvent(why, CutShort.words(why)));
        }
    }

    /** Whether the engine has nothing more to do for it. */
    boolean over() {
        return stream == null || stream.verdict() != Verdict.OPEN;
    }

    /** Whether it has been stopped. */
    boolean stopped() {
        return stopped;
    }

    private void keep(ByteBuffer piece, ChunkWatcher.Passage out) {
        if (piece.hasRemaining()) {
            out.pass(piece.position(), piece.limit());
        }
        tooLong |= whole.size() + piece.remaining() > LONGEST;
        if (!tooLong) {
            byte[] bytes = new byte[piece.remaining()];
            piece.get(piece.position(), bytes);
            whole.writeBytes(bytes);
        }
    }

    private void wholeEnded() {
        outcome = Outcome.COMPLETED;
        if (tooLong) {
            return;
        }
        Answer said = AnswerInspector.inspect(dialect, ByteBuffer.wrap(whole.toByteArray()));
        if (!said.json() || said.aborted()) {
            outcome = Outcome.FAILED;
        }
        usage = Leg.usage(said.usage());
        id = said.id();
    }

    private void streamEnded(StreamWatcher ended) {
        outcome = ended.verdict() == Verdict.COMPLETE ? Outcome.COMPLETED : Outcome.FAILED;
        usage = Leg.usage(ended.usage());
        id = ended.id();
    }

    /** True from the first token on. */
    boolean firstToken() {
        return stream != null && stream.firstData();
    }

    /** Tokens so far. */
    int tokens() {
        return stream == null ? 0 : stream.tokens();
    }

    /** How it ended; {@link Outcome#CANCELLED} before it has. */
    Outcome outcome() {
        return outcome;
    }

    /** What it cost, as far as it has said. */
    Usage usage() {
        return stream == null || outcome != Outcome.CANCELLED ? usage : Leg.usage(stream.usage());
    }

    /** The answer's own id; empty when it has none. */
    String id() {
        return id;
    }
}
