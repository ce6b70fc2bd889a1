package dev.sluice.gateway;

import dev.sluice.gateway.http.ChunkWatcher;
import java.nio.ByteBuffer;

/** Collects what a watcher passes while the response is not yet begun. */
final class HeldPassage implements ChunkWatcher.Passage {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    private ByteBuffer source = NOTHING;
    private ByteBuffer held = ByteBuffer.allocate(1024);

    /** The data that {@link #pass} speaks of from now on. */
    void over(ByteBuffer data) {
        source = data;
    }

    @Override
    public void pass(int from, int to) {
        ensure(to - from);
        held.put(held.position(), source, from, to - from);
        held.position(held.position() + to - from);
    }

    @Override
    public void insert(ByteBuffer bytes) {
        ensure(bytes.remaining());
        held.put(bytes.duplicate());
    }

    private void ensure(int more) {
        if (held.remaining() < more) {
            held = ByteBuffer.allocate(Math.max(held.capacity() * 2, held.position() + more))
                    .put(held.flip());
        }
    }

    int size() {
        return held.position();
    }

    ByteBuffer bytes() {
        return held.flip();
    }
}
