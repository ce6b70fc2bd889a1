package dev.sluice.gateway.extproc;

import dev.sluice.gateway.http.ChunkWatcher;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request as its proxy tells of it. The calls come in the order of the methods and on one thread, except {@link #cut},
 * which comes from any thread but while no other call but a pick runs, and {@link #ended}, which may come at any time and from
 * any thread, and once.
 */
public interface Conversation {
    /** Largest body that is taken, bytes. */
    long bodyLimit();

    /** The answer's body will not be read: the proxy is asked not to send it. */
    boolean skipsAnswer();

    /** What is answered when the body is larger. */
    Immediately tooLarge();

    /** What is answered when the body stops coming. */
    Immediately tooSlow();

    /**
     * How the request may be ended before its answer has been: the client is answered at once, or where its answer has begun the
     * proxy breaks it off. May be called from any thread once the request has been picked, and does nothing when it has ended.
     */
    default void endBy(Consumer<Immediately> end) {}

    /**
     * The body is there: where does the request go? Waits for room.
     *
     * @param body all of it, from its position; it is not changed and may be kept
     * @param patience told once, before a long wait
     * @throws Immediately when the client gets an answer instead
     */
    Picked pick(ByteBuffer body, Runnable patience) throws Immediately, InterruptedException;

    /** The same for a request whose body is not to be seen. */
    Picked pickUnseen(Runnable patience) throws Immediately, InterruptedException;

    /**
     * The answer's head.
     *
     * @param served address that served it, where the proxy says so
     * @param last no body follows
     */
    HeadChange answered(Head head, Optional<String> served, boolean last);

    /**
     * A piece of the answer's body. What goes on to the client is passed to {@code out}.
     *
     * @param last it is the last one
     */
    void answer(ByteBuffer piece, boolean last, ChunkWatcher.Passage out);

    /**
     * The request is to be ended now, as was asked for.
     *
     * @param out takes what the client is told first, where its stream has begun and can be told
     * @return true when {@link #ended} is to follow; false when its answer has been complete, and all goes on as usual
     */
    default boolean cut(ChunkWatcher.Passage out) {
        return false;
    }

    /**
     * The proxy's stream is over.
     *
     * @param orderly it was closed, not reset or lost
     */
    void ended(boolean orderly);

    /**
     * What becomes of a head.
     *
     * @param remove names, lower case
     * @param set names and values in turn; each takes the place of what has that name
     * @param skipBody the proxy is asked not to send the answer's body
     */
    record HeadChange(List<String> remove, List<String> set, boolean skipBody) {}

    /**
     * Where a request goes, and what it is then.
     *
     * @param destination {@code ip:port}, or several in order of preference with commas between
     * @param head what becomes of its head, the destination aside
     * @param body what the engine is sent; null for what the client sent
     */
    record Picked(String destination, HeadChange head, byte @Nullable [] body) {}
}
