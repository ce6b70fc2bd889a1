package dev.sluice.gateway.stream;

import dev.sluice.gateway.http.ChunkWatcher;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** What came of a stream: the client's bytes, the verdict and the values. Feeds a watcher as a relay would. */
record Watched(String out, Verdict verdict, boolean firstData, int tokens, Usage usage, String id, int errorCode) {
    /** One stream being watched, with what its client got so far. */
    static final class Run implements ChunkWatcher.Passage {
        final StreamWatcher watcher;
        private final ByteArrayOutputStream client = new ByteArrayOutputStream();
        private final boolean direct;
        private ByteBuffer data = ByteBuffer.allocate(0);

        Run(Dialect dialect, boolean dropUsage) {
            this(dialect, dropUsage, false);
        }

        Run(Dialect dialect, boolean dropUsage, boolean direct) {
            watcher = new StreamWatcher(dialect, dropUsage);
            this.direct = direct;
        }

        /** Gives bytes in a buffer where something stands before and after them, as in a relay's. */
        Run feed(byte[] bytes, int from, int to) {
            int n = to - from;
            ByteBuffer fresh = direct ? ByteBuffer.allocateDirect(n + 10) : ByteBuffer.allocate(n + 10);
            fresh.put(new byte[] {'\n', '\n', '\n'}).put(bytes, from, n).put(new byte[] {'\n', '\n', '\n'});
            data = fresh.position(3).limit(3 + n);
            try {
                watcher.onBytes(data, this);
            } catch (GarbledStream e) {
                // What is passed after a verdict is counted by the tests of that.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (data.position() != 3 || data.limit() != 3 + n) {
                throw new IllegalStateException("the watcher moved the relay's buffer");
            }
            return this;
        }

        Run feed(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return feed(bytes, 0, bytes.length);
        }

        Watched end() {
            watcher.onEnd(this);
            return now();
        }

        Watched broken() {
            watcher.broken();
            return now();
        }

        Watched now() {
            return new Watched(
                    client.toString(StandardCharsets.ISO_8859_1),
                    watcher.verdict(),
                    watcher.firstData(),
                    watcher.tokens(),
                    watcher.usage(),
                    watcher.id(),
                    watcher.errorCode());
        }

        @Override
        public void pass(int from, int to) {
            if (from < data.position() || to > data.limit() || from > to) {
                throw new IndexOutOfBoundsException(from + " to " + to + " of " + data);
            }
            byte[] copy = new byte[to - from];
            data.get(from, copy);
            client.write(copy, 0, copy.length);
        }

        @Override
        public void insert(ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(bytes.position(), copy);
            client.write(copy, 0, copy.length);
        }
    }

    static Watched whole(Dialect dialect, boolean dropUsage, byte[] bytes) {
        return new Run(dialect, dropUsage).feed(bytes, 0, bytes.length).end();
    }

    static Watched whole(Dialect dialect, String text) {
        return new Run(dialect, false).feed(text).end();
    }

    static byte[] resource(String name) {
        try (InputStream in = Watched.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalArgumentException("no test resource " + name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
