package dev.sluice.gateway.stream;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What a named event means for how its stream goes on. */
enum Kind {
    /** Has no name. */
    NONE,
    /** Says that the engine has the request, and nothing of an answer. */
    PRELUDE,
    /** A name that ends nothing. */
    STEP,
    /** The answer is complete. */
    TERMINAL,
    /** The engine says that the answer failed, and that it ends here. */
    FAILED,
    /** The engine gave the answer up. */
    CANCELLED,
    /** The error event. */
    ERROR;

    private static final byte[] MESSAGE_STOP = JsonReader.ascii("message_stop");
    private static final byte[] PING = JsonReader.ascii("ping");
    private static final byte[] CREATED = JsonReader.ascii("response.created");
    private static final byte[] QUEUED = JsonReader.ascii("response.queued");
    private static final byte[] IN_PROGRESS = JsonReader.ascii("response.in_progress");
    private static final byte[] COMPLETED = JsonReader.ascii("response.completed");
    private static final byte[] INCOMPLETE = JsonReader.ascii("response.incomplete");
    private static final byte[] RESPONSE_FAILED = JsonReader.ascii("response.failed");
    private static final byte[] RESPONSE_CANCELLED = JsonReader.ascii("response.cancelled");
    private static final byte[] ERROR_NAME = JsonReader.ascii("error");

    /** Of a name in {@code b} from {@code from} up to {@code to}. */
    static Kind of(Dialect dialect, byte[] b, int from, int to) {
        if (from == to) {
            return NONE;
        }
        if (is(b, from, to, ERROR_NAME)) {
            return ERROR;
        }
        if (dialect == Dialect.ANTHROPIC) {
            return is(b, from, to, MESSAGE_STOP) ? TERMINAL : is(b, from, to, PING) ? PRELUDE : STEP;
        }
        if (dialect != Dialect.RESPONSES) {
            return STEP;
        }
        if (is(b, from, to, COMPLETED) || is(b, from, to, INCOMPLETE)) {
            return TERMINAL;
        }
        if (is(b, from, to, CREATED) || is(b, from, to, IN_PROGRESS) || is(b, from, to, QUEUED)) {
            return PRELUDE;
        }
        if (is(b, from, to, RESPONSE_FAILED)) {
            return FAILED;
        }
        return is(b, from, to, RESPONSE_CANCELLED) ? CANCELLED : STEP;
    }

    /** Of the string that was read last. */
    static Kind of(Dialect dialect, JsonReader json) {
        if (json.escaped()) {
            byte[] plain = json.string().getBytes(StandardCharsets.UTF_8);
            return of(dialect, plain, 0, plain.length);
        }
        return of(dialect, json.source(), json.from(), json.to());
    }

    private static boolean is(byte[] b, int from, int to, byte[] name) {
        return Arrays.equals(b, from, to, name, 0, name.length);
    }
}
