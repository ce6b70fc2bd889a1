package dev.sluice.gateway.extproc;

import com.google.protobuf.ByteString;
import dev.sluice.gateway.http.ChunkWatcher;
import java.nio.ByteBuffer;

/** What of one piece goes on. A piece that goes on as it came is handed over as it is, without a copy. */
final class Passed implements ChunkWatcher.Passage {
    private ByteString piece = ByteString.EMPTY;
    private ByteString out = ByteString.EMPTY;
    private int from;
    private int to;

    /** The piece that {@link #pass} speaks of from now on. */
    void over(ByteString next) {
        piece = next;
        out = ByteString.EMPTY;
        from = 0;
        to = 0;
    }

    @Override
    public void pass(int start, int end) {
        if (start != to || from == to) {
            flush();
            from = start;
        }
        to = end;
    }

    @Override
    public void insert(ByteBuffer bytes) {
        flush();
        out = out.concat(ByteString.copyFrom(bytes.duplicate()));
    }

    private void flush() {
        if (from < to) {
            ByteString passed = piece.substring(from, to);
            out = out.isEmpty() ? passed : out.concat(passed);
        }
        from = to;
    }

    /** What goes on; the piece itself when all of it does and nothing else. */
    ByteString result() {
        flush();
        return out;
    }
}
