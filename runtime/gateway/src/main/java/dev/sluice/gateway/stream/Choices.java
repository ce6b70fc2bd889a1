package dev.sluice.gateway.stream;

import dev.sluice.gateway.stream.JsonReader.Token;
import java.util.BitSet;

/** The {@code choices} of an answer, event by event: which have finished, and how. */
final class Choices {
    /** Choices beyond are not believed: no engine is asked for so many. */
    private static final int MAX = 1 << 16;

    private static final byte[] INDEX = JsonReader.ascii("index");
    private static final byte[] FINISH_REASON = JsonReader.ascii("finish_reason");
    private static final byte[] DELTA = JsonReader.ascii("delta");
    private static final byte[] TEXT = JsonReader.ascii("text");
    private static final byte[] ROLE = JsonReader.ascii("role");
    private static final byte[] TOKEN_IDS = JsonReader.ascii("token_ids");
    private static final byte[] ABORT = JsonReader.ascii("abort");
    private static final byte[] CANCELLED = JsonReader.ascii("cancelled");
    private static final byte[] ERROR = JsonReader.ascii("error");

    private final BitSet seen = new BitSet();
    private final BitSet finished = new BitSet();
    private int unfinished;
    private boolean unbelievable;
    private boolean aborted;
    private int tokens;

    /**
     * Reads the array that comes next.
     *
     * @return how many choices it has; -1 when it is none
     */
    int read(JsonReader json) {
        tokens = 0;
        if (json.next() != Token.ARRAY) {
            json.skip();
            return -1;
        }
        int n = 0;
        while (json.next() != Token.END_ARRAY && json.token() != Token.BAD) {
            n++;
            if (json.token() == Token.OBJECT) {
                choice(json);
            } else {
                json.skip();
            }
        }
        return n;
    }

    private void choice(JsonReader json) {
        int index = 0;
        boolean done = false;
        boolean content = false;
        int ids = 0;
        while (json.nextKey()) {
            if (json.is(FINISH_REASON)) {
                Token value = json.next();
                boolean text = value == Token.STRING;
                done = text ? json.length() > 0 : value != Token.NULL;
                aborted |= text && (json.is(ABORT) || json.is(CANCELLED) || json.is(ERROR));
                json.skip();
            } else if (json.is(INDEX)) {
                json.next();
                index = json.count();
                json.skip();
            } else if (json.is(DELTA)) {
                content |= content(json);
            } else if (json.is(TEXT)) {
                content |= json.next() == Token.STRING && json.length() > 0;
                json.skip();
            } else if (json.is(TOKEN_IDS)) {
                ids = json.next() == Token.ARRAY ? elements(json) : 0;
                json.skip();
            } else {
                json.next();
                json.skip();
            }
        }
        tokens += Math.max(content ? 1 : 0, ids);
        mark(index, done);
    }

    private void mark(int index, boolean done) {
        if (index < 0 || index >= MAX) {
            unbelievable = true;
            return;
        }
        if (!seen.get(index)) {
            seen.set(index);
            unfinished++;
        }
        if (done && !finished.get(index)) {
            finished.set(index);
            unfinished--;
        }
    }

    /** Whether a delta carries anything generated: text, reasoning, a tool call; not the role. */
    private static boolean content(JsonReader json) {
        if (json.next() != Token.OBJECT) {
            json.skip();
            return false;
        }
        boolean content = false;
        while (json.nextKey()) {
            boolean role = json.is(ROLE);
            switch (json.next()) {
                case STRING -> content |= !role && json.length() > 0;
                case ARRAY -> content |= elements(json) > 0;
                case OBJECT -> {
                    content = true;
                    json.skip();
                }
                default -> {}
            }
        }
        return content;
    }

    /** Goes to the end of the array that was entered. */
    private static int elements(JsonReader json) {
        int n = 0;
        while (json.next() != Token.END_ARRAY && json.token() != Token.BAD) {
            json.skip();
            n++;
        }
        return n;
    }

    /** Tokens that the last array carried, at least. */
    int tokens() {
        return tokens;
    }

    /** The engine gave up one of them. */
    boolean aborted() {
        return aborted;
    }

    /** There are choices and all that were seen have finished. */
    boolean allFinished() {
        return unfinished == 0 && !seen.isEmpty() && !unbelievable;
    }

    /** One was seen and no more. */
    boolean one() {
        return seen.cardinality() == 1 && !unbelievable;
    }
}
