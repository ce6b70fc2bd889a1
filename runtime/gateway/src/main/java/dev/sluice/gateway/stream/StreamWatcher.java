package dev.sluice.gateway.stream;

import dev.sluice.gateway.http.ChunkWatcher;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches one streamed answer: passes whole events on as they come, keeps the values the gateway needs, and lets no
 * stream look complete that is not. One instance per stream; not for concurrent use.
 *
 * <p>Only whole events go on. Half an event is of no use to a client, and after one nothing could be said any more: the
 * error event of a cut would be glued to it. What was passed therefore always ends between two events. Bytes are copied
 * once into a small buffer that holds the unfinished event, so that each event is contiguous to read; what goes on is
 * the relay's own bytes, unless an event began in an earlier read.
 *
 * <p>Invariants: bytes passed are the engine's, in order, less whole events that are held back; they do not depend on
 * how reads split the stream; after a verdict nothing more is passed; {@link Verdict#COMPLETE} is given only with the
 * dialect's terminal marker passed on, {@link Verdict#ENGINE_ERROR} only with the engine's error event.
 *
 * <p>The steady path allocates nothing: events are read by {@link AnswerFields} in place.
 */
public final class StreamWatcher implements ChunkWatcher {
    /** Longest event, with its line ends, in bytes. */
    public static final int MAX_EVENT = 1 << 20;

    /** An engine may send this much after its stream has ended for us. */
    private static final int MAX_TRAILING = 64 << 10;

    private static final int SMALL = 2 << 10;
    private static final int LARGE = 64 << 10;
    private static final byte[] DONE = JsonReader.ascii("[DONE]");
    private static final byte[] TWO_ENDS = JsonReader.ascii("\n\n");
    private static final byte[] ONE_END = JsonReader.ascii("\n");

    private final Dialect dialect;
    private final boolean dropUsage;
    private final AnswerFields fields;
    private final EventLines lines = new EventLines();
    private Verdict verdict = Verdict.OPEN;
    private boolean firstData;
    private int tokens;
    private int trailing;

    /** Holds the unfinished event, {@link #held} bytes from index 0 on. */
    private byte[] buffer = new byte[SMALL];

    private ByteBuffer view = ByteBuffer.wrap(buffer);
    private int held;
    private int lineStart;
    private boolean anyLine;
    /** The last event ended with a CR: a LF right after it goes its way. */
    private boolean openCr;

    private boolean lastPassed;
    private byte[] errorData = {};
    /** What is put in the place of the numbers that the engine says about the prompt; null for nothing. */
    private @Nullable Supplier<@Nullable PromptUsage> promptUsage;

    private boolean usageSeen;
    private int most;

    /**
     * @param dialect of the route
     * @param dropUsage take the one usage-only event out again, because we asked for it and the client did not
     */
    public StreamWatcher(Dialect dialect, boolean dropUsage) {
        this.dialect = dialect;
        this.dropUsage = dropUsage;
        fields = new AnswerFields(dialect);
    }

    /**
     * Usage in this stream says of the prompt what another engine said, which had computed it.
     *
     * @param said asked when there is usage to be corrected; null when it is not known, and the stream's own stays
     */
    public StreamWatcher promptUsage(Supplier<@Nullable PromptUsage> said) {
        promptUsage = said;
        return this;
    }

    /**
     * The answer's limit. Some servers never say why they finished: one choice that has as many tokens as were asked for, by
     * the engine's own usage, is complete all the same.
     *
     * @param tokens of a choice, at most; 0 for no limit
     */
    public StreamWatcher most(int tokens) {
        most = tokens;
        return this;
    }

    /** @throws GarbledStream the verdict was given in an earlier call and the engine does not stop */
    @Override
    public void onBytes(ByteBuffer data, Passage out) throws IOException {
        int next = data.position();
        int end = data.limit();
        if (next == end) {
            return;
        }
        if (dialect == Dialect.OTHER) {
            firstData = true;
            out.pass(next, end);
            return;
        }
        boolean late = verdict != Verdict.OPEN;
        while (next < end) {
            if (openCr) {
                openCr = false;
                if (data.get(next) == '\n') {
                    if (lastPassed) {
                        out.pass(next, next + 1);
                    }
                    next++;
                    continue;
                }
            }
            if (verdict != Verdict.OPEN) {
                trailing(end - next, late);
                return;
            }
            if (held == buffer.length && !grow()) {
                verdict = Verdict.GARBAGE;
                continue;
            }
            int taken = Math.min(end - next, buffer.length - held);
            data.get(next, buffer, held, taken);
            next = events(taken, data.position(), next - held, out);
        }
    }

    private void trailing(int bytes, boolean late) throws GarbledStream {
        trailing = Math.min(trailing, MAX_TRAILING) + bytes;
        if (late && (verdict == Verdict.GARBAGE || trailing > MAX_TRAILING)) {
            throw new GarbledStream("the engine does not stop after the end of its stream: " + verdict);
        }
    }

    private boolean grow() {
        if (buffer.length >= MAX_EVENT) {
            return false;
        }
        buffer = Arrays.copyOf(buffer, 2 * buffer.length);
        view = ByteBuffer.wrap(buffer);
        return true;
    }

    /**
     * Finds the events that end within the newly taken bytes.
     *
     * @param first where the relay's data begins
     * @param base where in the relay's data the buffer's first byte is; before {@code first} when it came earlier
     * @return where in the relay's data to go on
     */
    private int events(int taken, int first, int base, Passage out) {
        int end = held + taken;
        int start = 0;
        int i = LineEnds.next(buffer, held, end);
        while (i < end) {
            byte c = buffer[i];
            if (c == '\n' && i > start && buffer[i - 1] == '\r') {
                lineStart = i + 1;
                i = LineEnds.next(buffer, i + 1, end);
                continue;
            }
            if (line(start, i)) {
                lineStart = i + 1;
                i = LineEnds.next(buffer, i + 1, end);
                continue;
            }
            i++;
            openCr = c == '\r';
            lastPassed = judge(start);
            if (lastPassed && !insertedOtherwise(start, i, out)) {
                pass(start, i, first, base, out);
            }
            lines.begin();
            start = i;
            lineStart = i;
            if (openCr || verdict != Verdict.OPEN) {
                held = 0;
                lineStart = 0;
                return base + i;
            }
            i = LineEnds.next(buffer, i, end);
        }
        keep(start, end);
        return base + end;
    }

    /** Takes the line that ends at {@code to}; false when it is the empty one that ends an event. */
    private boolean line(int start, int to) {
        int from = lineStart;
        if (!anyLine) {
            anyLine = true;
            from = LineEnds.afterMark(buffer, from, to);
        }
        if (from == to) {
            return false;
        }
        lines.line(buffer, start, from, to);
        return true;
    }

    private void pass(int from, int to, int first, int base, Passage out) {
        if (base + from >= first) {
            out.pass(base + from, base + to);
        } else {
            view.clear().limit(to).position(from);
            out.insert(view);
        }
    }

    /** Inserts an event that goes on changed; false when it goes on as it is. */
    private boolean insertedOtherwise(int from, int to, Passage out) {
        return insertedWithoutAddresses(from, to, out)
                || (usageSeen && promptUsage != null && insertedWithUsage(promptUsage, from, to, out));
    }

    /** The lines of the event before its data, its data corrected, and what ends it. Only of data in one line, as engines write it. */
    private boolean insertedWithUsage(Supplier<@Nullable PromptUsage> asked, int from, int to, Passage out) {
        usageSeen = false;
        PromptUsage said = asked.get();
        if (said == null || !lines.oneLine()) {
            return false;
        }
        int start = lines.dataFrom(from);
        int end = lines.dataTo(from);
        byte[] changed = said.in(buffer, start, end);
        if (changed == null) {
            return false;
        }
        out.insert(ByteBuffer.wrap(buffer, from, start - from));
        out.insert(ByteBuffer.wrap(changed));
        out.insert(ByteBuffer.wrap(buffer, end, to - end));
        return true;
    }

    /** An engine's error may name where it lives: then it goes on without that. */
    private boolean insertedWithoutAddresses(int from, int to, Passage out) {
        if (verdict != Verdict.ENGINE_ERROR) {
            return false;
        }
        String said = new String(buffer, from, to - from, StandardCharsets.UTF_8);
        String clean = Errors.withoutAddresses(said);
        if (clean.equals(said)) {
            return false;
        }
        out.insert(ByteBuffer.wrap(clean.getBytes(StandardCharsets.UTF_8)));
        return true;
    }

    private void keep(int start, int end) {
        held = end - start;
        lineStart -= start;
        if (start == 0) {
            return;
        }
        if (held == 0 && buffer.length > LARGE) {
            buffer = new byte[SMALL];
            view = ByteBuffer.wrap(buffer);
            return;
        }
        System.arraycopy(buffer, start, buffer, 0, held);
    }

    /** Reads the event that starts at {@code start}; true when it goes on to the client. */
    private boolean judge(int start) {
        if (!lines.readable()) {
            return end(Verdict.GARBAGE, false);
        }
        if (!lines.hasData()) {
            return true;
        }
        byte[] b = lines.dataBytes(buffer);
        int from = lines.dataFrom(start);
        int to = lines.dataTo(start);
        if (Arrays.equals(b, from, to, DONE, 0, DONE.length)) {
            return done();
        }
        if (!fields.read(b, from, to)) {
            return end(Verdict.GARBAGE, false);
        }
        usageSeen = fields.carriesUsage();
        Kind named = Kind.of(dialect, buffer, lines.nameFrom(start), lines.nameTo(start));
        Kind kind = fields.kind() == Kind.NONE ? named : fields.kind();
        if (named != kind && named != Kind.NONE && (named != Kind.STEP || kind != Kind.STEP)) {
            // Clients differ in which of the two they believe: one of them would see another end than we do.
            return end(Verdict.GARBAGE, false);
        }
        if (fields.error() || kind == Kind.ERROR || kind == Kind.FAILED) {
            errorData = Arrays.copyOfRange(b, from, to);
            return end(Verdict.ENGINE_ERROR, true);
        }
        if (fields.aborted() || kind == Kind.CANCELLED) {
            return end(Verdict.CUT_ABORT, false);
        }
        if (kind == Kind.TERMINAL) {
            // vLLM has no Anthropic name for an abort: it gives no stop reason then.
            if (dialect == Dialect.ANTHROPIC && !fields.hasStopReason()) {
                return end(Verdict.CUT_ABORT, false);
            }
            firstData = true;
            return end(Verdict.COMPLETE, true);
        }
        firstData |= kind != Kind.PRELUDE;
        tokens += fields.tokens();
        return !(dropUsage && dialect.choices() && fields.usageOnly());
    }

    /** {@code [DONE]}: the end where choices are; elsewhere it means nothing, and is left out lest someone believes it. */
    private boolean done() {
        if (!dialect.choices()) {
            return false;
        }
        boolean full = most > 0 && fields.oneChoice() && fields.completionTokens() >= most;
        return (fields.allFinished() || full) ? end(Verdict.COMPLETE, true) : end(Verdict.CUT, false);
    }

    private boolean end(Verdict how, boolean pass) {
        verdict = how;
        return pass;
    }

    /** The answer's HTTP framing is complete. A last event may lack its empty line; then that is added. */
    @Override
    public void onEnd(Passage out) {
        if (verdict != Verdict.OPEN) {
            return;
        }
        if (dialect == Dialect.OTHER) {
            verdict = Verdict.COMPLETE;
            return;
        }
        boolean openLine = lineStart < held && line(0, held);
        boolean passed = lines.hasData() && judge(0);
        if (verdict == Verdict.OPEN || verdict == Verdict.GARBAGE) {
            verdict = Verdict.CUT;
        } else if (passed) {
            if (!insertedOtherwise(0, held, out)) {
                view.clear().limit(held);
                out.insert(view);
            }
            out.insert(ByteBuffer.wrap(openLine ? TWO_ENDS : ONE_END));
        }
    }

    /** How the stream ended, as far as is known now. May be asked after each call. */
    public Verdict verdict() {
        return verdict;
    }

    /** The engine's connection broke or was given up: a stream still open is a cut now. Says the verdict then. */
    public Verdict broken() {
        if (verdict == Verdict.OPEN) {
            verdict = Verdict.CUT;
        }
        return verdict;
    }

    /**
     * Whether an event with data of an answer has come: no error, and more than the word that the request has arrived
     * ({@code response.created} and the like). Until then nothing of an answer need reach the client.
     */
    public boolean firstData() {
        return firstData;
    }

    /** Tokens generated so far, at least: the engine's own count where it keeps saying, else events with content. */
    public int tokens() {
        return Math.max(tokens, fields.completionTokens());
    }

    /** What the engine says it cost, as far as it has said. */
    public Usage usage() {
        return fields.usage();
    }

    /** The answer's own id (of {@code /v1/responses}: what a later {@code previous_response_id} names); or empty. */
    public String id() {
        return fields.id();
    }

    /** With {@link Verdict#ENGINE_ERROR}: the status the engine's error event names, -1 when it names none. */
    public int errorCode() {
        return verdict == Verdict.ENGINE_ERROR ? fields.errorCode() : -1;
    }

    /** With {@link Verdict#ENGINE_ERROR}: that event's data, without addresses. */
    public ByteBuffer errorData() {
        String said = new String(errorData, StandardCharsets.UTF_8);
        return ByteBuffer.wrap(Errors.withoutAddresses(said).getBytes(StandardCharsets.UTF_8));
    }

    /** The event that tells the client of the break; never followed by an end marker. */
    public ByteBuffer cutEvent(GatewayError error, String message) {
        return Errors.event(dialect, error, message, fields.sequence() + 1);
    }
}
