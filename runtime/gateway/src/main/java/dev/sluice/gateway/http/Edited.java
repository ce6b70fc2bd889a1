package dev.sluice.gateway.http;

import java.nio.ByteBuffer;

/** Collects what a watcher lets through: the data itself, in place, while that is one run; a copy once it is not. */
final class Edited implements ChunkWatcher.Passage {
    static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private ByteBuffer data = NOTHING;
    private ByteBuffer copy = NOTHING;
    private boolean copying;
    private int from;
    private int to;

    /** Forgets everything and takes new data. */
    void begin(ByteBuffer data) {
        this.data = data;
        copying = false;
        from = data.position();
        to = from;
    }

    @Override
    public void pass(int first, int end) {
        if (first < data.position() || end < first || end > data.limit()) {
            throw new IndexOutOfBoundsException("not within the data: " + first + " to " + end);
        }
        if (first == end) {
            return;
        }
        if (!copying) {
            if (from == to) {
                from = first;
                to = end;
                return;
            }
            if (first == to) {
                to = end;
                return;
            }
            startCopying();
        }
        ensure(end - first);
        copy.put(copy.position(), data, first, end - first);
        copy.position(copy.position() + end - first);
    }

    @Override
    public void insert(ByteBuffer bytes) {
        if (!bytes.hasRemaining()) {
            return;
        }
        if (!copying) {
            startCopying();
        }
        int n = bytes.remaining();
        ensure(n);
        copy.put(copy.position(), bytes, bytes.position(), n);
        copy.position(copy.position() + n);
    }

    private void startCopying() {
        copying = true;
        copy.clear();
        ensure(to - from);
        copy.put(copy.position(), data, from, to - from);
        copy.position(copy.position() + to - from);
    }

    private void ensure(int more) {
        if (copy.remaining() < more) {
            ByteBuffer larger = ByteBuffer.allocate(Math.max(copy.capacity() * 2, copy.position() + more + 256));
            larger.put(copy.flip());
            copy = larger;
        }
    }

    /** What goes on; the data buffer itself, narrowed, or the copy. */
    ByteBuffer result() {
        if (copying) {
            return copy.flip();
        }
        return data.limit(to).position(from);
    }
}
