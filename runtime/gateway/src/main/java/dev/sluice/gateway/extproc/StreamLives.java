package dev.sluice.gateway.extproc;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Which streams of a connection Helidon still knows. A client's reset and the end of a stream may meet: whoever comes first
 * decides, so that a reset is only handed on while the stream can't be forgotten.
 */
final class StreamLives {
    private static final int REMEMBERED = 256;

    private final Map<Integer, Life> lives = new ConcurrentHashMap<>();
    /** The newest that the client has reset; on the connection's thread. */
    private final LinkedHashSet<Integer> resets = new LinkedHashSet<>();

    private int last;

    /** One stream's. */
    static final class Life {
        private enum State {
            LIVES,
            /** A reset is on its way to Helidon. */
            RESET,
            /** Helidon was told that it is closed. */
            CLOSED
        }

        private final AtomicReference<State> state = new AtomicReference<>(State.LIVES);

        /** True when it may be told to Helidon that the stream is closed: no reset is on its way. */
        boolean close() {
            return state.compareAndSet(State.LIVES, State.CLOSED) || state.get() == State.CLOSED;
        }

        private boolean reset() {
            return state.compareAndSet(State.LIVES, State.RESET);
        }
    }

    /** A head has come; on the connection's thread. */
    void began(int stream) {
        if (stream > last) {
            last = stream;
            lives.put(stream, new Life());
        }
    }

    /** A reset has come: false when nobody must see it; on the connection's thread. */
    boolean reset(int stream) {
        resets.add(stream);
        if (resets.size() > REMEMBERED) {
            resets.removeFirst();
        }
        Life life = lives.remove(stream);
        return life != null && life.reset();
    }

    /** Whether its client has reset it not long ago; on the connection's thread. */
    boolean wasReset(int stream) {
        return !resets.isEmpty() && resets.contains(stream);
    }

    /** The stream's life; one of its own when it is no longer there. */
    Life of(int stream) {
        @Nullable Life life = lives.get(stream);
        return life == null ? new Life() : life;
    }

    /** It is over, and Helidon was told. */
    void over(int stream) {
        lives.remove(stream);
    }

    /** Streams that have not ended. */
    int size() {
        return lives.size();
    }
}
