package dev.sluice.gateway.stream;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.sluice.gateway.stream.Watched.Run;
import java.util.Arrays;

/**
 * Streams of engines: no damage makes one look otherwise to a client than the verdict says, what passes is what came, and how reads
 * split it does not matter.
 */
class StreamFuzzTest {
    private static final Dialect[] DIALECTS = Dialect.values();

    /** @param input the dialect's number, a size of pieces and whether the connection breaks, and the stream */
    @FuzzTest
    void watch(byte[] input) {
        if (input.length < 2) {
            return;
        }
        Dialect dialect = DIALECTS[(input[0] & 0xff) % DIALECTS.length];
        boolean broken = (input[1] & 0x80) != 0;
        byte[] stream = Arrays.copyOfRange(input, 2, input.length);
        Watched whole = watched(dialect, stream, Math.max(1, stream.length), broken);
        Watched pieces = watched(dialect, stream, 1 + (input[1] & 0x7f), broken);
        if (!whole.equals(pieces)) {
            throw new AssertionError(pieces + " in pieces, " + whole + " in one");
        }
        if (dialect != Dialect.OTHER) {
            ClientView.agrees(dialect, whole, dialect.name());
        }
        if (dialect.choices() || dialect == Dialect.OTHER) {
            String in = Watched.text(stream);
            if (whole.verdict() != Verdict.ENGINE_ERROR
                    && !in.startsWith(whole.out())
                    && !(in + "\n\n").startsWith(whole.out())) {
                throw new AssertionError("other bytes than the engine's: " + whole);
            }
        }
    }

    private static Watched watched(Dialect dialect, byte[] stream, int piece, boolean broken) {
        Run run = new Run(dialect, false);
        for (int from = 0; from < stream.length; from += piece) {
            run.feed(stream, from, Math.min(stream.length, from + piece));
        }
        return broken ? run.broken() : run.end();
    }
}
